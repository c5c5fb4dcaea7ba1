"""Joint positions → the message that a ros2_control controller takes."""

from collections.abc import Sequence
from typing import Any

from wm_robot.core.arrays import FloatArray


def forward_command(messages: Any, q: FloatArray) -> Any:
    """What forward_position_controller takes: `q` (nq,) in the order of its `joints` parameter, rad or m.

    Args:
        messages: namespace of the message classes; see RosPeer.
    """
    return messages.Float64MultiArray(data=q.tolist())


def single_point_trajectory(
    messages: Any, ros_names: Sequence[str], q: FloatArray, time_from_start_s: float
) -> Any:
    """What joint_trajectory_controller takes: be at `q` (nq,), rad or m, after `time_from_start_s` > 0.

    Without velocities: the controller refuses a last point that still moves, and comes to rest in it. Its
    header's stamp is 0, which means now.
    """
    sec, nanosec = divmod(max(round(time_from_start_s * 1e9), 1), 1_000_000_000)
    duration = messages.Duration(sec=sec, nanosec=nanosec)
    point = messages.JointTrajectoryPoint(positions=q.tolist(), time_from_start=duration)
    return messages.JointTrajectory(joint_names=list(ros_names), points=[point])
