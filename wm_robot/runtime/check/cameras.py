"""Whether pictures come, how old they are, and whether they change."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from wm_robot.core.clock import Clock
from wm_robot.core.protocols import FrameSource
from wm_robot.robots import RobotSpec
from wm_robot.runtime.check.finding import Finding, Level, judged

LOOK_S = 0.005
"""Between two looks at all cameras."""


@dataclass(kw_only=True)
class CameraWatch:
    """What was seen of one camera.

    Args:
        name: of the camera.
        stamps_ns: of each different frame.
        ages_s: at each look, by the frame's stamp.
        contents: checksums of the pictures.
        size: width and height, pixels.
    """

    name: str
    stamps_ns: list[int] = field(default_factory=list)
    ages_s: list[float] = field(default_factory=list)
    contents: set[int] = field(default_factory=set)
    size: tuple[int, int] = (0, 0)

    def look(self, camera: FrameSource, clock: Clock) -> None:
        """Raises DriverError."""
        frame = camera.read()
        self.ages_s.append((clock.now_ns() - frame.stamp_ns) * 1e-9)
        if not self.stamps_ns or frame.stamp_ns != self.stamps_ns[-1]:
            self.stamps_ns.append(frame.stamp_ns)
            self.contents.add(zlib.crc32(frame.image.tobytes()))
            self.size = frame.image.shape[1], frame.image.shape[0]


def watch_cameras(
    cameras: Sequence[FrameSource], clock: Clock, seconds: float, between: Callable[[], object]
) -> list[CameraWatch]:
    """Look at connected cameras for some time, and call `between` before each look.

    Raises:
        DriverError: a camera is gone.
    """
    watches = [CameraWatch(name=camera.name) for camera in cameras]
    end_ns = clock.now_ns() + round(seconds * 1e9)
    while clock.now_ns() < end_ns:
        between()
        for watch, camera in zip(watches, cameras, strict=True):
            watch.look(camera, clock)
        clock.sleep_until_ns(clock.now_ns() + round(LOOK_S * 1e9))
    return watches


def camera_finding(spec: RobotSpec, watch: CameraWatch, *, noisy: bool) -> Finding:
    """One line for one camera.

    Args:
        spec: whose watchdog limits hold.
        watch: of the camera.
        noisy: whether two of its pictures of one scene differ, as those of every real camera do.
    """
    steps_s = np.diff(watch.stamps_ns) * 1e-9
    ages_ms = 1e3 * np.array(watch.ages_s)
    limit_s = spec.watchdogs.camera_s
    frozen = len(watch.contents) == 1
    rate = f"{1 / steps_s.mean():.1f} Hz" if len(steps_s) and steps_s.mean() > 0 else "one picture"
    still = "the picture stays the same" if frozen else f"{len(watch.contents)} different pictures"
    return judged(
        f"camera {watch.name}",
        f"{watch.size[0]}×{watch.size[1]}, {rate}, age p50 {np.percentile(ages_ms, 50):.0f} ms, "
        f"p99 {np.percentile(ages_ms, 99):.0f} ms, {still}",
        (
            bool(np.percentile(ages_ms, 99) > 1e3 * limit_s) or len(steps_s) == 0,
            Level.PROBLEM,
            f"older than {1e3 * limit_s:.0f} ms: see whether it still sends, and how busy its bus is",
        ),
        (bool((steps_s < 0).any()), Level.PROBLEM, "frames go back in time: two cameras under one name?"),
        (
            frozen and noisy,
            Level.PROBLEM,
            "a real picture has noise, this one is frozen or covered: replug the camera",
        ),
    )
