"""sensor_msgs/JointState → core.types.JointState of one arm."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wm_hardware.ros_stamps import RosStamps
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.joints import places
from wm_robot.core.types import JointState

if TYPE_CHECKING:
    from wm_hardware.ros_messages import JointState as JointStateMessage


class JointStateDecoder:
    """Keeps the newest joint state that can be trusted.

    Joints are found by name in whatever order; foreign ones, and messages about foreign joints alone, are
    passed over. A velocity that is missing or NaN becomes the finite difference of the last two positions
    over their stamps, and 0 with the first. Anything else that is wrong, such as a NaN position, refuses
    the message: the state stays the old one, and `fault` says why until a good one comes.

    Args:
        joint_names: the arm's joints, in the order of the results.
        ros_names: what ROS calls them, in the same order.
        stamps: places their header stamps in time.
    """

    def __init__(self, joint_names: tuple[str, ...], ros_names: Sequence[str], stamps: RosStamps) -> None:
        self._joint_names, self._ros_names = joint_names, tuple(ros_names)
        self._stamps = stamps
        self._ros_ns = 0
        self.state: JointState | None = None
        self.fault = ""
        self.foreign: tuple[str, ...] = ()
        """Joints of the last message that was about foreign joints alone."""

    def accept(self, message: "JointStateMessage") -> None:
        """Take note of one message."""
        if not set(self._ros_names) & set(message.name):
            self.foreign = tuple(message.name)
            return
        try:
            state = self._decode(message)
        except WmrError as error:
            self.fault = f"joint state refused: {error}"
            return
        self.fault = ""
        if state is not None:
            self.state = state

    def _decode(self, message: "JointStateMessage") -> JointState | None:
        order = places(message.name, self._ros_names)
        count = len(message.name)
        if len(message.position) != count or len(message.velocity) not in (0, count):
            raise DriverError(
                f"{count} names, {len(message.position)} positions and {len(message.velocity)} velocities; "
                "valid: one position a name, and one velocity a name or none"
            )
        q = finite_array(
            "position", [message.position[i] for i in order], (len(order),), names=self._ros_names
        )
        measured = [message.velocity[i] for i in order] if message.velocity else [np.nan] * len(order)
        ros_ns = message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec
        stamp_ns = self._stamps.place(ros_ns)
        if stamp_ns is None:
            return None
        v = np.where(np.isfinite(measured), measured, self._difference(q, ros_ns))
        self._ros_ns = ros_ns
        return JointState(stamp_ns=stamp_ns, joint_names=self._joint_names, q=q, v=v)

    def _difference(self, q: FloatArray, ros_ns: int) -> FloatArray:
        if self.state is None:
            return np.zeros(len(q))
        return (q - self.state.q) / ((ros_ns - self._ros_ns) * 1e-9)  # > 0: stamps that do not grow are gone
