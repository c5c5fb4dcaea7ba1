"""What a planner is told of its cell."""

from typing import get_args

import pytest
from wm_robot_ros.cell_settings import Backend, CellSettings, read_cell

from wm_robot.core.errors import WmrError
from wm_robot.kernels.backend import AUTO, BACKENDS


def test_the_backends_are_those_of_the_library():
    assert set(get_args(Backend)) == {AUTO, *BACKENDS}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"backend": "gpu"}, "cpu-bfloat16"),
        ({"arm_namespace": "left arm"}, "ROS namespace is 'left arm'; valid: letters"),
        ({"camera_topics": ("front=/cam 1",)}, "ROS topic is '/cam 1'; valid: letters"),
        ({"dashboard_port": -1}, "0 to 65534"),
    ],
)
def test_what_is_not_valid_is_refused_with_what_is(values, why):
    with pytest.raises(WmrError, match=why):
        read_cell(values)


def test_a_namespace_may_be_given_with_slashes():
    assert read_cell({"arm_namespace": "/left/"}) == CellSettings(arm_namespace="/left/")
