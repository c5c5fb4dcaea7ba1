"""Joint positions → the message that a ros2_control controller takes."""

from collections.abc import Sequence

from wm_hardware.ros_messages import (
    Duration,
    Float64MultiArray,
    Header,
    JointTrajectory,
    JointTrajectoryPoint,
)
from wm_robot.core.arrays import FloatArray


def forward_command(q: FloatArray) -> Float64MultiArray:
    """What forward_position_controller takes: `q` (nq,) in the order of its `joints` parameter, rad or m."""
    return Float64MultiArray(data=q.tolist())


def single_point_trajectory(
    ros_names: Sequence[str], q: FloatArray, time_from_start_s: float
) -> JointTrajectory:
    """What joint_trajectory_controller takes: be at `q` (nq,), rad or m, after `time_from_start_s` > 0.

    Without velocities: the controller refuses a last point that still moves, and comes to rest in it. Its
    header's stamp is 0, which means now.
    """
    sec, nanosec = divmod(max(round(time_from_start_s * 1e9), 1), 1_000_000_000)
    point = JointTrajectoryPoint(positions=q.tolist(), time_from_start=Duration(sec=sec, nanosec=nanosec))
    return JointTrajectory(header=Header(), joint_names=list(ros_names), points=[point])
