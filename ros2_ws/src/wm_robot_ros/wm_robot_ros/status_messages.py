"""How the arm is → SafetyStatus."""

from collections.abc import Callable
from typing import Any

from wm_controllers.kinematics import TOOL_DOWN_QUAT_WXYZ

from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.control.faults import Fault
from wm_robot.runtime.control.period_errors import PeriodErrors
from wm_robot.runtime.control.stop_state import Mode
from wm_robot_ros.ros_time import RosTime, fill

RATE_HZ = 50.0
"""At which the status is told where nothing happens."""


class StatusTeller:
    """Tells the status of each cycle that is worth a message: every so many, and whatever is new.

    Args:
        messages: namespace with SafetyStatus, of wm_robot_msgs.
        send: takes each message.
        time: of stamps.
        joint_names: of the arm.
        frame: that the tip's position is in.
        rate_hz: of the cycles.
    """

    def __init__(
        self,
        messages: Any,
        send: Callable[[Any], None],
        time: RosTime,
        *,
        joint_names: tuple[str, ...],
        frame: str,
        rate_hz: float,
    ) -> None:
        self._message_class, self._send, self._time = messages.SafetyStatus, send, time
        self._joint_names, self._frame = list(joint_names), frame
        self._every = max(round(rate_hz / RATE_HZ), 1)
        self._errors, self._errors_every = PeriodErrors(round(1e9 / rate_hz)), max(round(rate_hz), 1)
        self._percentiles_s: tuple[float, ...] = (0.0, 0.0)
        self._before: tuple[str, tuple[str, ...]] | None = None
        self._event, self._event_ns = "", 0

    def __call__(self, status: ArmStatus) -> None:
        """Take note of a cycle's status, and tell it where it is due."""
        self._errors.add(status.now_ns)
        if status.cycles % self._errors_every == 0:
            self._percentiles_s = self._errors.percentiles_s(50, 99)
        if status.events:
            self._event, self._event_ns = "; ".join(status.events), status.now_ns
        now = status.state, status.faults
        if status.events or now != self._before or status.cycles % self._every == 0:
            self._send(self._message(status))
        self._before = now

    def _message(self, status: ArmStatus) -> Any:
        message = self._message_class()
        fill(message.header.stamp, self._time.to_ros(status.now_ns))
        message.header.frame_id = self._frame
        message.mode = getattr(message, Mode(status.state).name)
        message.faults = [getattr(message, Fault(words).name) for words in status.faults]
        message.fault_words = list(status.faults)
        message.reasons = list(status.reasons)
        message.event = self._event
        fill(message.event_time, self._time.to_ros(self._event_ns))
        fill(message.state_stamp, self._time.to_ros(status.state_ns))
        message.joint_names = self._joint_names
        message.position, message.velocity = status.q.tolist(), status.v.tolist()
        message.tip.x, message.tip.y, message.tip.z = status.p_WE.tolist()
        message.cycles = status.cycles
        message.period_error_p50, message.period_error_p99 = self._percentiles_s
        return message


def tip_pose(messages: Any, status: Any) -> Any:
    """The tip of a SafetyStatus as a geometry_msgs/PoseStamped: the tool points down."""
    message = messages.PoseStamped()
    message.header, message.pose.position = status.header, status.tip
    turned = message.pose.orientation
    turned.w, turned.x, turned.y, turned.z = map(float, TOOL_DOWN_QUAT_WXYZ)
    return message


def inactive(messages: Any, now_ns: int) -> Any:
    """The SafetyStatus of a node that does not command the arm, at `now_ns` of ROS time."""
    message = messages.SafetyStatus()
    fill(message.header.stamp, now_ns)
    message.mode = message.INACTIVE
    return message
