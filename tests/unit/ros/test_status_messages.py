"""How the arm is, as a message."""

from dataclasses import replace

import numpy as np
import pytest
from wm_robot_ros.diagnostics import INACTIVE, diagnostics, of_safety
from wm_robot_ros.ros_time import RosTime, nanoseconds
from wm_robot_ros.status_messages import StatusTeller, inactive, tip_pose

from wm_robot.core.clock import SimulatedClock
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.control.faults import Fault
from wm_robot.runtime.control.stop_state import Mode

STEADY_NS, ROS_NS, MS = 5_000_000_000, 1_700_000_000_000_000_000, 1_000_000
STATUS = ArmStatus(
    now_ns=STEADY_NS,
    state_ns=STEADY_NS - 4 * MS,
    q=np.array([0.1, 0.2]),
    v=np.array([0.01, 0.02]),
    p_WE=np.array([0.4, 0.0, 0.2]),
    state=Mode.RUNNING,
    faults=(),
    reasons=("near a wall",),
    epoch_ns=0,
    cycles=1,
)


class Rig:
    def __init__(self, messages):
        self.sent = []
        time = RosTime(lambda: ROS_NS, SimulatedClock(STEADY_NS))
        self.tell = StatusTeller(
            messages, self.sent.append, time, joint_names=("a", "b"), frame="base_link", rate_hz=100.0
        )

    def told(self, **changes):
        """The message of one status."""
        self.tell(replace(STATUS, **changes))
        return self.sent[-1]


@pytest.fixture
def rig(messages):
    return Rig(messages)


def test_a_status_is_told_in_ros_time_with_joints_by_name(rig):
    message = rig.told()
    assert nanoseconds(message.header.stamp) == ROS_NS
    assert nanoseconds(message.state_stamp) == ROS_NS - 4 * MS
    assert (message.joint_names, message.position, message.velocity) == (["a", "b"], [0.1, 0.2], [0.01, 0.02])
    assert (message.tip.x, message.tip.y, message.tip.z) == (0.4, 0.0, 0.2)
    assert message.header.frame_id == "base_link"
    assert message.reasons == ["near a wall"]


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_has_a_code(rig, messages, mode):
    assert rig.told(state=mode).mode == getattr(messages.SafetyStatus, mode.name)


def test_every_fault_has_a_code_of_its_own(rig):
    message = rig.told(faults=tuple(Fault))
    assert message.fault_words == [str(fault) for fault in Fault]
    assert len(set(message.faults)) == len(Fault)


def test_nothing_new_is_told_at_fifty_hertz(rig):
    for cycle in range(1, 11):  # of a loop at 100 Hz: every other one, and the first
        rig.tell(replace(STATUS, cycles=cycle))
    assert [message.cycles for message in rig.sent] == [1, 2, 4, 6, 8, 10]


@pytest.mark.parametrize(
    "changes",
    [{"state": Mode.STOPPING}, {"faults": (Fault.ESTOP,)}, {"events": ("stop asked for",)}],
)
def test_whatever_is_new_is_told_at_once(rig, changes):
    rig.tell(replace(STATUS, cycles=2))
    rig.tell(replace(STATUS, cycles=3, **changes))
    assert rig.sent[-1].cycles == 3


def test_the_last_event_stays_with_the_time_when_it_happened(rig):
    rig.told(cycles=2, events=("plan 3 dropped", "stop asked for"), now_ns=STEADY_NS - 20 * MS)
    message = rig.told(cycles=4)
    assert message.event == "plan 3 dropped; stop asked for"
    assert nanoseconds(message.event_time) == ROS_NS - 20 * MS


def test_errors_of_the_period_are_told(rig):
    # 100 periods of 10 ms, but for two of 13: the median error is 0, and 2 % are as wrong as 3 ms.
    now_ns = STEADY_NS
    for cycle in range(101):
        now_ns += (13 if cycle in (30, 60) else 10) * MS
        message = rig.told(cycles=cycle, now_ns=now_ns)
    assert message.period_error_p50 == 0.0
    assert message.period_error_p99 == pytest.approx(0.003)


def test_the_tip_is_told_as_a_pose_whose_tool_points_down(rig, messages):
    pose = tip_pose(messages, rig.told())
    assert pose.header.frame_id == "base_link"
    assert pose.pose.position.z == 0.2
    turned = pose.pose.orientation
    assert (turned.w, turned.x, turned.y, turned.z) == (0.0, 1.0, 0.0, 0.0)  # half a turn about x


def test_diagnostics_name_what_keeps_the_arm_from_running(rig):
    status = rig.told(state=Mode.LATCHED, faults=(Fault.ESTOP,))
    diagnosis = of_safety(status, 100.0)
    assert diagnosis.level == "ERROR"
    assert str(Fault.ESTOP) in diagnosis.message


def test_diagnostics_warn_of_a_loop_that_is_held_up(rig):
    status = rig.told()
    assert of_safety(status, 100.0).level == "OK"
    status.period_error_p99 = 0.006  # of 0.010 s
    assert of_safety(status, 100.0).level == "WARN"


def test_an_arm_that_is_not_commanded_is_in_order(messages):
    status = inactive(messages, ROS_NS)
    assert status.mode == messages.SafetyStatus.INACTIVE
    assert of_safety(status, 100.0) is INACTIVE


def test_diagnostics_are_one_entry_by_the_name_of_the_node(rig, messages):
    array = diagnostics(messages, ROS_NS, "/left/wm_robot/safety_controller", of_safety(rig.told(), 100.0))
    (entry,) = array.status
    assert entry.name == "left/wm_robot/safety_controller"
    assert entry.level == messages.DiagnosticStatus.OK
    assert {"key": "state", "value": "running"} in [{"key": v.key, "value": v.value} for v in entry.values]
    assert nanoseconds(array.header.stamp) == ROS_NS
