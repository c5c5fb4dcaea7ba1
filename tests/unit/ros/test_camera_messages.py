"""Pictures and optics of a simulated camera on the wire."""

import numpy as np
import pytest
from wm_hardware.ros_images import decode
from wm_robot_ros.camera_messages import (
    fill_camera_info,
    fill_compressed,
    fill_image,
    fill_transform,
    optical_frame,
)
from wm_sim.optics import OPTICAL, Optics

STAMP_NS = 12_000_000_034


@pytest.fixture
def view():
    """A camera at (1, 2, 3) that looks along the world's −z, as MuJoCo's own axes do."""
    K = np.array([[100.0, 0.0, 31.5], [0.0, 100.0, 23.5], [0.0, 0.0, 1.0]])
    return Optics(height=48, width=64, K=K, R_WO=OPTICAL, p_WO=np.array([1.0, 2.0, 3.0]))


def header(message):
    return message.header.stamp.sec, message.header.stamp.nanosec, message.header.frame_id


def test_a_picture_is_the_same_after_the_wire(messages):
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    message = messages.Image()
    fill_image(message, image, STAMP_NS, "eye")
    np.testing.assert_array_equal(decode(message), image)
    assert header(message) == (12, 34, "eye")
    assert (message.height, message.width, message.step) == (4, 6, 18)


def test_a_compressed_picture_is_the_same_after_the_wire_to_the_last_bit(messages):
    image = np.random.default_rng(0).integers(0, 256, (16, 12, 3), dtype=np.uint8)
    message = messages.CompressedImage()
    fill_compressed(message, image, STAMP_NS, "eye")
    np.testing.assert_array_equal(decode(message), image)
    assert header(message) == (12, 34, "eye")
    assert message.format == "rgb8; png compressed bgr8"


def test_a_camera_without_distortion_says_so_and_projects_as_its_matrix(messages, view):
    message = messages.CameraInfo()
    fill_camera_info(message, view, STAMP_NS, "eye")
    assert header(message) == (12, 34, "eye")
    assert (message.height, message.width) == (48, 64)
    assert (message.distortion_model, message.d) == ("plumb_bob", [0.0] * 5)
    assert message.k == [100.0, 0.0, 31.5, 0.0, 100.0, 23.5, 0.0, 0.0, 1.0]
    assert message.r == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    assert message.p == [100.0, 0.0, 31.5, 0.0, 0.0, 100.0, 23.5, 0.0, 0.0, 0.0, 1.0, 0.0]


def test_the_transform_puts_a_point_that_the_camera_sees_where_it_is_in_the_base_frame(messages, view):
    message = messages.TransformStamped()
    fill_transform(message, view, STAMP_NS, "base_link", "eye")
    assert (header(message), message.child_frame_id) == ((12, 34, "base_link"), "eye")
    place, turn = message.transform.translation, message.transform.rotation
    # Half a turn about x: forward (z) is the world's −z, down (y) its −y, and right (x) its x.
    np.testing.assert_allclose(np.abs([turn.w, turn.x, turn.y, turn.z]), [0, 1, 0, 0], atol=1e-12)
    p_W = [place.x, place.y, place.z] + np.diag([1.0, -1.0, -1.0]) @ [0.1, 0.2, 0.5]
    np.testing.assert_allclose(p_W, [1.1, 1.8, 2.5])


def test_frames_of_two_arms_have_different_names():
    assert optical_frame("top") == "top_color_optical_frame"
    assert optical_frame("top", "/cell/left/") == "cell/left/top_color_optical_frame"
