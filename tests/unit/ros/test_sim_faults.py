"""Faults of a simulated arm as its messages show them."""

import numpy as np
import pytest
from wm_robot_ros.sim_faults import FAULTS, WireFaults
from wm_sim.faults import SimFaults

from wm_robot.core.errors import UnknownNameError

NAMES, MS = ("a", "b", "c"), 1_000_000
NOW_NS = 9_000 * MS
Q, V = np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0])


@pytest.fixture
def arm():
    return SimFaults()


@pytest.fixture
def faults(arm):
    return WireFaults(arm, NAMES)


def by_name(told):
    names, q, v = told
    return {name: (q[i], v[i]) for i, name in enumerate(names)}


def test_nothing_is_changed_where_nothing_is_wrong(faults, arm):
    names, q, v = faults.joints(NAMES, Q, V)
    assert (names, q.tolist(), v.tolist()) == (["a", "b", "c"], Q.tolist(), V.tolist())
    assert faults.time_ns(NOW_NS) == faults.joint_stamp_ns(NOW_NS) == faults.picture_stamp_ns(NOW_NS)
    assert not faults.joints_silent
    assert not faults.pictures_silent
    assert arm == SimFaults()


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "none"])
def test_every_fault_shows_and_is_gone_once_there_is_another_none(faults, arm, name):
    def shown(picture_ns):
        told = faults.joints(NAMES, Q, V)
        late_ns = faults.picture_stamp_ns(picture_ns) - picture_ns
        stamps = faults.time_ns(NOW_NS), faults.joint_stamp_ns(NOW_NS), late_ns
        return str((told, stamps, faults.joints_silent, faults.pictures_silent, arm))

    good = shown(NOW_NS)
    faults.set(name, NOW_NS)
    assert shown(NOW_NS + 50 * MS) != good
    faults.set("none", NOW_NS)
    assert shown(NOW_NS + 100 * MS) == good


def test_shuffled_joints_are_the_same_joints_in_another_order_each_time(faults):
    faults.set("shuffled_joints", NOW_NS)
    first, second = faults.joints(NAMES, Q, V), faults.joints(NAMES, Q, V)
    assert first[0] != second[0]
    wanted = by_name((NAMES, Q, V))
    assert by_name(first) == by_name(second) == wanted


def test_foreign_joints_surround_the_arms_own(faults):
    faults.set("foreign_joints", NOW_NS)
    told = faults.joints(NAMES, Q, V)
    assert told[0] == ["conveyor", "a", "b", "c", "gantry"]
    own = {name: seen for name, seen in by_name(told).items() if name in NAMES}
    assert own == by_name((NAMES, Q, V))
    assert np.isnan(told[1][[0, -1]]).all()


def test_pictures_go_backwards_from_the_last_one_that_was_right(faults):
    faults.picture_stamp_ns(NOW_NS)
    faults.set("camera_stamps_backwards", NOW_NS + 20 * MS)
    stamps = [faults.picture_stamp_ns(NOW_NS + ms * MS) for ms in (50, 100)]
    assert stamps == [NOW_NS - 50 * MS, NOW_NS - 100 * MS]
    assert faults.joint_stamp_ns(NOW_NS) == NOW_NS


def test_a_clock_that_is_reset_takes_every_stamp_with_it(faults):
    faults.set("clock_reset", NOW_NS)
    later_ns = NOW_NS + 10 * MS
    assert faults.time_ns(later_ns) == 1_010 * MS
    assert faults.joint_stamp_ns(later_ns) == faults.picture_stamp_ns(later_ns) == 1_010 * MS


def test_no_stamp_becomes_0_which_would_mean_that_there_is_none(faults):
    faults.set("stale_stamps", 0)
    assert faults.joint_stamp_ns(1) > 0


def test_a_fault_of_the_arm_itself_is_set_in_its_simulation(faults, arm):
    faults.set("nan_joint", NOW_NS)
    assert arm == SimFaults(nan_joint="a")
    faults.set("protective_stop", NOW_NS)
    assert arm == SimFaults(protective_stop="protective stop")


def test_an_unknown_fault_is_refused_and_the_present_one_stays(faults):
    faults.set("silent_joints", NOW_NS)
    with pytest.raises(UnknownNameError, match="frozen_camera"):
        faults.set("broken", NOW_NS)
    assert faults.joints_silent
