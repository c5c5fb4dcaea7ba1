"""A camera that OpenCV can open: UVC and other V4L2 cameras by index or path, and video files."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.types import Frame

FIRST_FRAME_S = 5.0
OLDEST_DRIVER_STAMP_S = 5.0
VIDEO_NODES = Path("/sys/class/video4linux")


@dataclass(frozen=True, kw_only=True)
class OpenCVCameraConfig:
    """Which camera, and how it shall take pictures.

    Args:
        name: how the model calls it.
        source: number of a /dev/video*, a path such as /dev/v4l/by-id/…, which stays the same after
            replugging, or a video file, which plays at its own rate.
        width: asked of the camera, pixels; it may choose the nearest that it has.
        height: likewise.
        rate_hz: likewise.
        fourcc: pixel format asked of the camera, such as "MJPG", which lets several cameras share a USB
            bus; None leaves the choice to it.
    """

    name: str = "front"
    source: int | str = 0
    width: int = 640
    height: int = 480
    rate_hz: float = 30.0
    fourcc: str | None = None

    def __post_init__(self) -> None:
        for field in ("width", "height", "rate_hz"):
            if not getattr(self, field) > 0:
                raise WmrError(f"camera {self.name!r}: {field} is {getattr(self, field)}; it must be > 0")
        if self.fourcc is not None and len(self.fourcc) != 4:
            raise WmrError(f"camera {self.name!r}: fourcc is {self.fourcc!r}; it needs 4 letters, as 'MJPG'")

    @property
    def is_device(self) -> bool:
        return isinstance(self.source, int) or self.source.startswith("/dev/")


class OpenCVCamera:
    """`core.protocols.FrameSource` over `cv2.VideoCapture`.

    A thread takes every picture as it comes, so that `read` returns the newest, in RGB, at the camera's
    own size, and old ones never queue up. A frame's stamp is the driver's own where V4L2 gives one (the
    first packet of the picture, for UVC cameras), else the time at which OpenCV handed the picture over,
    which is later by exposure and transfer.

    Args:
        config: which camera.
        clock: of the stamps; the machine's steady clock when None.
    """

    def __init__(self, config: OpenCVCameraConfig, clock: Clock | None = None) -> None:
        self.config, self._clock = config, clock or SteadyClock()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._frame: Frame | None = None
        self._gone = False

    @property
    def name(self) -> str:
        return self.config.name

    def connect(self) -> None:
        if self._thread is not None:
            return
        config = self.config
        capture = cv2.VideoCapture(config.source, cv2.CAP_V4L2 if config.is_device else cv2.CAP_ANY)
        if not capture.isOpened():
            raise DriverError(f"camera {self.name!r}: cannot open {config.source!r}; {_devices()}")
        if config.is_device:
            if config.fourcc is not None:
                capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*config.fourcc))
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, config.width)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, config.height)
            capture.set(cv2.CAP_PROP_FPS, config.rate_hz)
        self._frame, self._gone, self._stopped = None, False, threading.Event()
        self._thread = threading.Thread(
            target=self._grab, args=(capture, self._stopped), name=f"camera {self.name}", daemon=True
        )
        self._thread.start()

    def read(self) -> Frame:
        if self._thread is None:
            raise DriverError(f"camera {self.name!r} is not connected; call connect() first")
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._gone, FIRST_FRAME_S)
            if self._gone:
                raise DriverError(f"camera {self.name!r}: {self.config.source!r} is gone; {_devices()}")
            if self._frame is None:
                raise DriverError(
                    f"camera {self.name!r}: {self.config.source!r} is open but sent no picture in "
                    f"{FIRST_FRAME_S} s; see whether another program uses it, or ask for fourcc 'MJPG'"
                )
            return self._frame

    def disconnect(self) -> None:
        if self._thread is not None:
            self._stopped.set()
            self._thread.join(timeout=1.0)  # a camera that hangs is released when it comes back
            self._thread = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *exception: object) -> None:
        self.disconnect()

    def _grab(self, capture: cv2.VideoCapture, stopped: threading.Event) -> None:
        """Take pictures until told to stop or the camera is gone."""
        period_s = 0.0 if self.config.is_device else 1.0 / (capture.get(cv2.CAP_PROP_FPS) or 30.0)
        while not stopped.wait(period_s) and capture.grab():
            stamp_ns = self._stamp_ns(capture)
            whole, image = capture.retrieve()
            if not whole:
                break
            rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
            with self._changed:
                if not stopped.is_set():  # else another thread may have taken over
                    self._frame = Frame(stamp_ns=stamp_ns, image=rgb)
                    self._changed.notify_all()
        capture.release()
        with self._changed:
            if not stopped.is_set():
                self._gone = True
                self._changed.notify_all()

    def _stamp_ns(self, capture: cv2.VideoCapture) -> int:
        """When the picture just grabbed was taken, on the camera's clock."""
        now_ns = self._clock.now_ns()
        if capture.getBackendName() != "V4L2":
            return now_ns
        return now_ns - age_ns(capture.get(cv2.CAP_PROP_POS_MSEC), time.monotonic_ns())


def age_ns(driver_ms: float, monotonic_ns: int) -> int:
    """How long ago a V4L2 driver stamped a picture, given its stamp and the time now.

    Drivers stamp on CLOCK_MONOTONIC, as the V4L2 interface asks, save a few that use the wall clock or
    give none: a stamp that is not of the last seconds tells nothing, and the picture counts as new.
    """
    age = monotonic_ns - round(driver_ms * 1e6)
    return age if 0 <= age <= OLDEST_DRIVER_STAMP_S * 1e9 else 0


def _devices() -> str:
    """The cameras of this machine, for error messages."""
    found = [
        f"{Path('/dev') / node.name} ({(node / 'name').read_text().strip()})"
        for node in sorted(VIDEO_NODES.glob("video*"))
    ]
    if not found:
        return "this machine has no /dev/video*: plug a camera in, and look at `dmesg` when it stays away"
    return f"there are: {', '.join(found)}"
