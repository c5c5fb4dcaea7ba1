"""Joint states and commands of an arm, as messages, by name; needs no ROS."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import WmrError
from wm_robot.core.joints import places
from wm_robot_ros.ros_time import fill, nanoseconds


@dataclass(frozen=True, kw_only=True)
class Waypoints:
    """Where the joints shall be, and when.

    Args:
        times_ns: of the points (n,), increasing.
        q: joint positions (n, nq), rad or m.
    """

    times_ns: tuple[int, ...]
    q: FloatArray


def fill_joint_state(message: Any, names: Sequence[str], q: FloatArray, v: FloatArray, stamp_ns: int) -> None:
    """Set a sensor_msgs/JointState: positions (n,), rad or m, and velocities (n,) of the joints `names`."""
    fill(message.header.stamp, stamp_ns)
    message.name, message.position, message.velocity = list(names), q.tolist(), v.tolist()


def positions(message: Any, given: Sequence[str], wanted: Sequence[str]) -> FloatArray:
    """Joint positions (nq,) of a std_msgs/Float64MultiArray, in the order `wanted`.

    Args:
        message: holds one number a joint, without names.
        given: the joints in the order of the numbers, which the controller's parameter `joints` says.
        wanted: the same joints in the arm's order.

    Raises:
        ShapeError, NotFiniteError: not one finite number a joint.
    """
    q = finite_array("command", message.data, (len(given),), names=given)
    return np.take(q, places(given, wanted))


def waypoints(message: Any, wanted: Sequence[str], now_ns: int) -> Waypoints:
    """The points of a trajectory_msgs/JointTrajectory, with joints in the order `wanted`.

    Args:
        message: velocities and accelerations in it are passed over.
        wanted: the arm's joints; the message names exactly them, in whatever order.
        now_ns: when it begins, where its header has no stamp.

    Raises:
        UnknownNameError: a joint that the arm has not, or one that is missing.
        ShapeError, NotFiniteError: a point without one finite position a joint.
        WmrError: no points, points that are not each later than the one before, or all in the past.
    """
    order = places(message.joint_names, wanted)
    places(wanted, message.joint_names)
    if not message.points:
        raise WmrError("trajectory has no points")
    q = [
        finite_array(f"point {i} of the trajectory", p.positions, (len(order),), names=message.joint_names)
        for i, p in enumerate(message.points)
    ]  # (n, nq)
    after_ns = [nanoseconds(point.time_from_start) for point in message.points]
    if after_ns[0] < 0 or any(b <= a for a, b in pairwise(after_ns)):
        seconds = ", ".join(f"{ns * 1e-9:g}" for ns in after_ns)
        raise WmrError(
            f"time_from_start of the trajectory's points is {seconds} s; valid: 0 or later, rising"
        )
    begin_ns = nanoseconds(message.header.stamp) or now_ns
    if begin_ns + after_ns[-1] < now_ns:
        late_s = (now_ns - begin_ns - after_ns[-1]) * 1e-9
        raise WmrError(
            f"trajectory was over {late_s:.3f} s ago, by its header's stamp; a stamp of 0 means now"
        )
    return Waypoints(times_ns=tuple(begin_ns + ns for ns in after_ns), q=np.take(np.array(q), order, axis=1))
