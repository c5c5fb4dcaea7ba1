"""A camera whose pictures come over a ROS 2 topic."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Self

from wm_hardware.ros_images import decode
from wm_hardware.ros_network import RosNetwork, check_name
from wm_hardware.ros_peer import RosPeer, RosSubscription
from wm_hardware.ros_stamps import RosStamps
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.types import Frame

REMEMBERED = 100
"""Pictures whose header is remembered."""


@dataclass(frozen=True, kw_only=True)
class RosCameraConfig:
    """Which topic of which network.

    Args:
        topic: such as "camera/color/image_raw", or with `message` "compressed" ".../compressed".
        message: "raw" for sensor_msgs/Image, "compressed" for sensor_msgs/CompressedImage.
        network: domain, namespace and reach.
        connect_timeout_s: how long `connect` waits for the first picture.
        max_future_s: how far a stamp may lie ahead of this machine's system clock.
    """

    topic: str
    message: Literal["raw", "compressed"] = "raw"
    network: RosNetwork = field(default_factory=RosNetwork)
    connect_timeout_s: float = 5.0
    max_future_s: float = 0.05

    def __post_init__(self) -> None:
        check_name("topic", self.topic)
        if self.message not in ("raw", "compressed"):
            raise WmrError(f"message is {self.message!r}; valid: raw, compressed")
        if not self.connect_timeout_s > 0:
            raise WmrError(f"connect_timeout_s is {self.connect_timeout_s}; it must be > 0")


class RosCamera:
    """`core.protocols.FrameSource` over sensor_msgs.

    A picture that came after a newer one is dropped; one without a stamp, from the future, or that cannot
    be decoded is an error.

    Args:
        name: what observations call it.
        config: which topic.
        clock: the steady clock that stamps are on.
        peer: the member of the network that speaks for this camera; its own of the config's network, on
            plain DDS, when left out.
    """

    def __init__(
        self,
        name: str,
        config: RosCameraConfig,
        clock: Clock | None = None,
        *,
        peer: RosPeer | None = None,
    ) -> None:
        self._name, self.config, self._peer = name, config, peer
        self._clock = clock or SteadyClock()
        self._pictures: RosSubscription | None = None
        self._begin(time.time_ns)

    @property
    def name(self) -> str:
        return self._name

    @property
    def out_of_order(self) -> int:
        """Pictures since `connect` that came after a newer one, and were dropped."""
        return self._stamps.out_of_order

    def header_ns(self, stamp_ns: int) -> int:
        """Stamp in the header of one of the newest pictures, ROS time, by its `Frame.stamp_ns`."""
        return self._headers_ns[stamp_ns]

    def connect(self) -> None:
        """Subscribe, and wait for the first picture.

        Raises:
            MissingDependencyError: cyclonedds is not installed.
            DriverError: no picture came, with what was discovered instead; or it cannot be used.
        """
        self.disconnect()
        peer = self._peer or self.config.network.open()
        self._begin(peer.now_ns)
        messages = peer.messages
        message = messages.Image if self.config.message == "raw" else messages.CompressedImage
        pictures = self._pictures = peer.subscribe(self.config.topic, message)
        deadline = time.monotonic() + self.config.connect_timeout_s
        try:
            while not self._receive(pictures):
                if time.monotonic() >= deadline:
                    reason = f"{pictures.topic} is silent" if pictures.matched else pictures.why_unmatched()
                    raise DriverError(
                        f"camera {self._name!r}: no picture in {self.config.connect_timeout_s} s: {reason}"
                    )
                time.sleep(0.005)
        except BaseException:
            self.disconnect()
            raise

    def read(self) -> Frame:
        """The newest picture, as old as its stamp says; waits for none.

        Raises:
            DriverError: not connected, the publisher has gone, or a picture that cannot be used.
        """
        if self._pictures is None or self._frame is None:
            raise DriverError(f"camera {self._name!r} is not connected; call connect() first")
        self._receive(self._pictures)
        if not self._pictures.matched:
            raise DriverError(f"camera {self._name!r} has gone: {self._pictures.why_unmatched()}")
        return self._frame

    def disconnect(self) -> None:
        if self._pictures is not None:
            self._pictures.close()
        self._pictures = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *exception: object) -> None:
        self.disconnect()

    def _begin(self, ros_now_ns: Callable[[], int]) -> None:
        """Forget what was received."""
        self._frame: Frame | None = None
        self._headers_ns: dict[int, int] = {}
        self._stamps = RosStamps(self._clock, self.config.max_future_s, ros_now_ns)

    def _receive(self, pictures: RosSubscription) -> bool:
        """Decode the newest picture that has come; whether there was one."""
        newest, newest_ns = None, 0
        for message in pictures.take():
            stamp = message.header.stamp
            header_ns = stamp.sec * 1_000_000_000 + stamp.nanosec
            try:
                stamp_ns = self._stamps.place(header_ns)
            except DriverError as error:
                raise DriverError(f"camera {self._name!r}, {pictures.topic}: {error}") from error
            if stamp_ns is not None:
                newest, newest_ns = message, stamp_ns
                self._headers_ns.setdefault(stamp_ns, header_ns)
        for old_ns in list(self._headers_ns)[:-REMEMBERED]:
            del self._headers_ns[old_ns]
        if newest is None:
            return False
        self._frame = Frame(stamp_ns=newest_ns, image=decode(newest))
        return True
