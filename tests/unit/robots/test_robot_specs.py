from dataclasses import replace

import pytest

from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.robots import ROBOTS, Box, get_robot


def test_an_unknown_robot_is_an_error_that_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="'r2d2'; valid: panda, so101, ur5e"):
        get_robot("r2d2")


def test_a_home_pose_outside_the_joint_limits_is_refused_by_name():
    panda = get_robot("panda")
    with pytest.raises(WmrError, match=r"home of panda_joint4 is 0\.5"):
        replace(panda, home=(0.0, 0.0, 0.0, 0.5, 0.0, 2.0, 0.0))


def test_fewer_limits_than_joints_are_refused():
    with pytest.raises(WmrError, match="upper needs one entry for each joint"):
        replace(get_robot("so101"), upper=(1.0, 1.0))


def test_a_box_turned_inside_out_is_refused():
    with pytest.raises(WmrError, match="each low must be below its high"):
        Box(low=(0.0, 0.0, 0.1), high=(1.0, 1.0, 0.1))


@pytest.mark.parametrize("name", list(ROBOTS))
def test_a_robot_is_registered_under_its_own_name(name):
    assert get_robot(name).name == name
