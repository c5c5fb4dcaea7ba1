"""Pictures of several cameras that were taken at about the same time; needs no ROS."""

from collections import deque
from collections.abc import Sequence
from typing import Self

from wm_robot.core.errors import DriverError
from wm_robot.core.protocols import FrameSource
from wm_robot.core.types import Frame

KEPT = 8
"""Pictures of each camera that are remembered."""


class FrameSync:
    """Picks, among the last pictures of each camera, the newest set that lies close together.

    The set belongs to the newest picture of the camera that is furthest behind: of every other one, the
    picture nearest to it. Where they are further apart than the slop, the set before stays, and grows old
    until watchdogs see it.

    Args:
        cameras: connected.
        slop_s: between the oldest and the newest picture of a set.
    """

    def __init__(self, cameras: Sequence[FrameSource], slop_s: float) -> None:
        self._cameras = {camera.name: camera for camera in cameras}
        self._slop_ns = round(slop_s * 1e9)
        self._frames = {name: deque[Frame](maxlen=KEPT) for name in self._cameras}
        self._chosen: dict[str, Frame] = {}
        self.spread_s = 0.0
        """Between the oldest and the newest picture of the present set."""

    def members(self) -> list["Member"]:
        """Each camera as one of the set; reading the first of them takes a new look."""
        return [Member(self, name, leads=i == 0) for i, name in enumerate(self._cameras)]

    def look(self) -> dict[str, Frame]:
        """The newest set, by camera.

        Raises:
            DriverError: a camera has gone, or no set has been close together yet.
        """
        for name, camera in self._cameras.items():
            frame, known = camera.read(), self._frames[name]
            if not known or frame.stamp_ns > known[-1].stamp_ns:
                known.append(frame)
        behind_ns = min(frames[-1].stamp_ns for frames in self._frames.values())
        chosen = {
            name: min(frames, key=lambda frame: abs(frame.stamp_ns - behind_ns))
            for name, frames in self._frames.items()
        }
        stamps = [frame.stamp_ns for frame in chosen.values()]
        spread_ns = max(stamps) - min(stamps)
        if spread_ns <= self._slop_ns:
            self._chosen, self.spread_s = chosen, spread_ns * 1e-9
        elif not self._chosen:
            names = ", ".join(self._cameras)
            raise DriverError(
                f"pictures of {names} are {spread_ns * 1e-9:.3f} s apart, more than sync_slop_s "
                f"({self._slop_ns * 1e-9} s): synchronise the cameras' clocks, or raise it"
            )
        return self._chosen

    def stamps_ns(self) -> dict[str, int]:
        """Of the newest picture of each camera that has shown one."""
        return {name: frames[-1].stamp_ns for name, frames in self._frames.items() if frames}

    def of(self, name: str) -> Frame:
        """The picture of a camera in the present set."""
        return self._chosen[name]


class Member:
    """`core.protocols.FrameSource`: one camera of a set."""

    def __init__(self, sync: FrameSync, name: str, *, leads: bool) -> None:
        self._sync, self._name, self._leads = sync, name, leads

    @property
    def name(self) -> str:
        return self._name

    def connect(self) -> None:
        """The camera itself is connected already."""

    def read(self) -> Frame:
        if self._leads:
            self._sync.look()
        return self._sync.of(self._name)

    def disconnect(self) -> None:
        """Whoever connected the camera disconnects it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """See `disconnect`."""
