"""Where pictures are, by a cell's parameters."""

import pytest
from wm_robot_ros.camera_topics import by_camera, info_topic, picture_topic

from wm_robot.core.errors import WmrError


def test_a_camera_is_where_the_cell_says_and_else_where_ros_has_it():
    cell = ("front=/cam1/image",)
    assert picture_topic("front", cell, "compressed") == "/cam1/image"
    assert picture_topic("top", cell, "raw") == "top/color/image_raw"
    assert picture_topic("top", cell, "compressed") == "top/color/image_raw/compressed"


@pytest.mark.parametrize("pictures", ["/cam1/color/image_raw", "/cam1/color/image_raw/compressed"])
def test_the_camera_info_is_beside_the_pictures(pictures):
    assert info_topic(pictures) == "/cam1/color/camera_info"


@pytest.mark.parametrize("text", ["front", "=/cam1", "front=", "front=/cam 1"])
def test_what_is_no_topic_of_a_camera_is_refused(text):
    with pytest.raises(WmrError, match=r"valid|write CAMERA=TOPIC"):
        by_camera([text])
