"""What a simulated arm can be made to suffer, as it shows on its topics; needs no ROS."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from wm_sim.faults import SimFaults
from wm_sim.paced_clock import START_NS

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import UnknownNameError

NONE = "none"

STALE_NS = 1_000_000_000
SLOW_S = 0.3
FOREIGN = ("conveyor", "gantry")
"""Joints of something else that shares the topic."""

FAULTS = {
    NONE: "nothing is wrong",
    "frozen": "joint states and pictures repeat the last ones, stamps included",
    "protective_stop": "the arm brakes and ignores commands",
    "nan_joint": "position and velocity of the first joint are NaN",
    "stuck_joint": "the first joint does not move",
    "slow_arm": f"commands act {SLOW_S} s later",
    "reversed_stamps": "each joint state is stamped earlier than the one before",
    "stale_stamps": f"joint states are stamped {STALE_NS * 1e-9:g} s too early",
    "silent_joints": "no joint states come",
    "shuffled_joints": "the order of the joints changes with every joint state",
    "foreign_joints": "joint states hold joints of other devices too",
    "frozen_camera": "pictures stay the same while their stamps go on",
    "stale_camera": "the last picture is repeated, stamp included",
    "silent_camera": "no pictures come",
    "camera_stamps_backwards": "each picture is stamped earlier than the one before",
    "clock_reset": "the simulated clock and all stamps jump back to the start of time",
}
"""What each fault does, by name."""


class WireFaults:
    """One fault at a time: those of the arm itself are set in its `SimFaults`, the others act on messages.

    Args:
        arm: the faults of the simulated arm.
        joint_names: of the arm.
    """

    def __init__(self, arm: SimFaults, joint_names: Sequence[str]) -> None:
        self._arm, self._joint_names = arm, tuple(joint_names)
        self._joint_states = 0
        self._picture_ns = self._turn_ns = self._offset_ns = 0
        self.name = NONE

    def set(self, name: str, now_ns: int) -> None:
        """Suffer `name` from now on, and nothing else.

        Args:
            name: of FAULTS.
            now_ns: simulated time.

        Raises:
            UnknownNameError: no such fault.
        """
        if name not in FAULTS:
            raise UnknownNameError("fault", name, FAULTS)
        self.name = name
        joint, on = self._joint_names[0], name == "protective_stop"
        faults = SimFaults(
            frozen=name == "frozen",
            protective_stop="protective stop" if on else "",
            nan_joint=joint if name == "nan_joint" else "",
            stuck_joint=joint if name == "stuck_joint" else "",
            extra_delay_s=SLOW_S if name == "slow_arm" else 0.0,
            reversed_stamps=name == "reversed_stamps",
            frozen_pictures=name == "frozen_camera",
            unpublished=name == "stale_camera",
        )
        for field in fields(faults):
            setattr(self._arm, field.name, getattr(faults, field.name))
        self._turn_ns = self._picture_ns
        self._offset_ns = START_NS - now_ns if name == "clock_reset" else 0

    @property
    def joints_silent(self) -> bool:
        return self.name == "silent_joints"

    @property
    def pictures_silent(self) -> bool:
        return self.name == "silent_camera"

    def time_ns(self, now_ns: int) -> int:
        """What the simulated clock is told to be."""
        return max(now_ns + self._offset_ns, 1)  # 0 would mean that there is no time

    def joint_stamp_ns(self, stamp_ns: int) -> int:
        """What a joint state is stamped with."""
        return self.time_ns(stamp_ns - STALE_NS if self.name == "stale_stamps" else stamp_ns)

    def picture_stamp_ns(self, stamp_ns: int) -> int:
        """What a picture is stamped with."""
        if self.name == "camera_stamps_backwards":
            return self.time_ns(2 * self._turn_ns - stamp_ns)
        self._picture_ns = stamp_ns
        return self.time_ns(stamp_ns)

    def joints(
        self, names: Sequence[str], q: FloatArray, v: FloatArray
    ) -> tuple[list[str], FloatArray, FloatArray]:
        """Names, positions and velocities as a joint state tells them."""
        self._joint_states += 1
        if self.name == "shuffled_joints":
            order = np.roll(np.arange(len(names)), self._joint_states).tolist()
            return [names[i] for i in order], q[order], v[order]
        if self.name == "foreign_joints":
            nothing = np.full(len(FOREIGN), np.nan)  # what ros2_control says of an interface that is missing
            first, last = FOREIGN
            return [first, *names, last], np.insert(nothing, 1, q), np.insert(nothing, 1, v)
        return list(names), q, v
