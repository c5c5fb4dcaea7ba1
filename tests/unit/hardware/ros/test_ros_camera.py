"""Pictures over a ROS topic: how they are decoded, and what is wrong with them."""

import time

import cv2
import numpy as np
import pytest
from wm_hardware.ros_camera import RosCamera, RosCameraConfig

from wm_robot.core.errors import DriverError, WmrError

ros_images = pytest.importorskip("wm_hardware.ros_images", exc_type=ImportError)
ros_messages = pytest.importorskip("wm_hardware.ros_messages", exc_type=ImportError)


def raw(encoding, data, *, height=2, width=2, step):
    return ros_messages.Image(height=height, width=width, encoding=encoding, step=step, data=bytes(data))


# Two rows of two pixels and, in each row, bytes without meaning at the end.
@pytest.mark.parametrize(
    ("encoding", "data", "step"),
    [
        ("rgb8", [1, 2, 3, 4, 5, 6, 99, 7, 8, 9, 10, 11, 12, 99], 7),
        ("bgr8", [3, 2, 1, 6, 5, 4, 99, 9, 8, 7, 12, 11, 10, 99], 7),
    ],
)
def test_colours_are_put_in_order_and_padding_left_out(encoding, data, step):
    image = ros_images.decode(raw(encoding, data, step=step))
    np.testing.assert_array_equal(image, np.arange(1, 13).reshape(2, 2, 3))
    assert image.flags.writeable


def test_grey_becomes_three_equal_channels():
    image = ros_images.decode(raw("mono8", [1, 2, 3, 4], step=2))
    np.testing.assert_array_equal(image, np.repeat([[[1], [2]], [[3], [4]]], 3, axis=2))


def test_a_compressed_picture_is_decoded_to_rgb():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    png = cv2.imencode(".png", picture[..., ::-1])[1].tobytes()  # OpenCV takes BGR; PNG loses nothing
    message = ros_messages.CompressedImage(format="rgb8; png compressed", data=png)
    np.testing.assert_array_equal(ros_images.decode(message), picture)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (raw("16UC1", [0] * 8, step=4), "'16UC1'; valid: rgb8, bgr8, mono8"),
        (raw("rgb8", [0] * 11, step=6), "came with 11 bytes"),
        (raw("rgb8", [0] * 10, step=5), "5 bytes a row"),
        (raw("rgb8", [], height=0, width=0, step=0), "0 rows"),
        (ros_messages.CompressedImage(format="jpeg", data=b"no picture"), "'jpeg', 10 bytes"),
        (ros_messages.CompressedImage(format="jpeg"), "0 bytes"),
    ],
)
def test_a_picture_that_is_none_is_an_error(message, reason):
    with pytest.raises(DriverError, match=reason):
        ros_images.decode(message)


@pytest.fixture
def topic(network):
    return network.topic("image_raw")


@pytest.fixture
def camera(network):
    return RosCamera("top", RosCameraConfig(topic="image_raw", network=network, connect_timeout_s=1.0))


@pytest.fixture
def connected(arm, camera, topic):
    """A camera that has seen one picture, whose stamp is 0.2 s old."""
    arm("advertise", topic=topic, message="Image")
    begin_ns = time.time_ns() - 200_000_000
    arm("repeat_picture", topic=topic, encoding="rgb8", stamp_ns=begin_ns)
    with camera:
        arm("repeat_picture", topic=topic, encoding=None, stamp_ns=0)
        yield camera, begin_ns


def test_pictures_out_of_order_are_dropped_and_counted(arm, connected, topic, eventually):
    camera, begin_ns = connected
    repeated = camera.out_of_order
    np.testing.assert_array_equal(camera.read().image, [[[1, 2, 3]]])
    arm("picture", topic=topic, encoding="mono8", stamp_ns=begin_ns - 1)
    arm("picture", topic=topic, encoding="bgr8", stamp_ns=begin_ns + 1)
    eventually(lambda: camera.read().image[0, 0, 0] == 3)
    assert camera.out_of_order >= repeated + 1


def test_a_picture_from_the_future_is_an_error(arm, connected, topic, eventually):
    camera, _ = connected
    arm("picture", topic=topic, encoding="rgb8", stamp_ns=time.time_ns() + 60_000_000_000)

    def refused():
        try:
            camera.read()
        except DriverError as error:
            return str(error)

    assert "ahead of this machine's system clock" in eventually(refused)


def test_a_camera_that_leaves_is_an_error(arm, connected, topic, eventually):
    camera, _ = connected
    arm("withdraw", topic=topic)

    def gone():
        try:
            camera.read()
        except DriverError as error:
            return str(error)

    assert f"nobody publishes {topic}" in eventually(gone)


def test_a_camera_that_is_not_there_is_an_error_that_names_what_is(arm, camera, network, topic):
    arm("advertise", topic=network.topic("wrist/image_raw"), message="Image")
    with pytest.raises(DriverError) as caught:
        camera.connect()
    assert f"nobody publishes {topic}" in str(caught.value)
    assert network.topic("wrist/image_raw") in str(caught.value)
    with pytest.raises(DriverError, match="not connected"):
        camera.read()


def test_a_camera_of_compressed_pictures_is_told_from_one_of_raw_ones(arm, camera, topic):
    arm("advertise", topic=topic, message="CompressedImage")
    with pytest.raises(DriverError, match="has the type sensor_msgs/msg/CompressedImage on the other side"):
        camera.connect()


def test_settings_that_name_nothing_are_refused():
    with pytest.raises(WmrError, match="message is 'h264'; valid: raw, compressed"):
        RosCameraConfig(topic="image_raw", message="h264")
    with pytest.raises(WmrError, match="topic"):
        RosCameraConfig(topic="image raw")
