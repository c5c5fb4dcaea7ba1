"""Pictures for the page, and goals made of them."""

import cv2
import numpy as np
import pytest

from wm_robot.core.errors import WmrError
from wm_robot.core.spaces import ObservationSpace
from wm_robot.dashboard.pictures import enlarged, picture_goal, read_upload, side_by_side

SENSES = ObservationSpace(cameras=("front", "top"), image_size=(4, 4), proprio_names=("ee_x",))


def test_a_picture_of_any_size_becomes_the_models():
    images = {"front": np.zeros((8, 8, 3), np.uint8), "top": np.full((6, 9, 3), 7, np.uint8)}
    goal = picture_goal(images, SENSES)
    assert {name: image.shape for name, image in goal.images.items()} == {
        "front": (4, 4, 3),
        "top": (4, 4, 3),
    }


def test_a_goal_needs_a_picture_for_each_camera():
    with pytest.raises(WmrError, match="no picture for top"):
        picture_goal({"front": np.zeros((8, 8, 3), np.uint8)}, SENSES)


def test_an_uploaded_picture_keeps_its_colours():
    red_rgb = np.zeros((5, 6, 3), np.uint8)
    red_rgb[..., 0] = 200
    content = cv2.imencode(".png", red_rgb[..., ::-1])[1].tobytes()
    np.testing.assert_array_equal(read_upload("red.png", content), red_rgb)


@pytest.mark.parametrize("content", [b"", b"GIF89a no picture"])
def test_an_upload_that_is_no_picture_is_refused_by_name(content):
    with pytest.raises(WmrError, match=r"notes\.txt is no picture"):
        read_upload("notes.txt", content)


def test_pictures_are_enlarged_by_whole_pixels_and_set_side_by_side():
    small = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    large = enlarged(small, 5)
    assert large.shape == (6, 6, 3)  # three times as large: the first whole number that reaches 5
    np.testing.assert_array_equal(large[3:, :3], np.broadcast_to(small[1, 0], (3, 3, 3)))
    assert side_by_side([large, large]).shape == (6, 16, 3)  # and a gap of 4
