"""A member of a ROS 2 network, as drivers and cameras use it: plain DDS, or a node of rclpy."""

from typing import Any, Protocol


class RosSubscription(Protocol):
    """Receives the messages of one topic."""

    @property
    def topic(self) -> str:
        """Full name."""
        ...

    @property
    def matched(self) -> bool:
        """Whether anybody publishes what this receives."""
        ...

    @property
    def publishers(self) -> int:
        """How many publish what this receives."""
        ...

    def take(self) -> list[Any]:
        """Messages since the last call, oldest first, the last five at most; waits for none."""
        ...

    def why_unmatched(self) -> str:
        """For an error message."""
        ...

    def close(self) -> None:
        """Leave the topic."""
        ...


class RosPublication(Protocol):
    """Sends commands to one topic."""

    @property
    def topic(self) -> str:
        """Full name."""
        ...

    @property
    def matched(self) -> bool:
        """Whether anybody receives what this sends."""
        ...

    @property
    def rivals(self) -> int:
        """How many others publish on the same topic."""
        ...

    def send(self, message: Any) -> None:
        """Hand one message to the network, and do not wait for its arrival; raises DriverError."""
        ...

    def why_unmatched(self) -> str:
        """For an error message."""
        ...

    def close(self) -> None:
        """Leave the topic."""
        ...


class RosPeer(Protocol):
    """Subscribes to sensors (best effort, depth 5) and publishes commands (reliable, depth 1)."""

    @property
    def messages(self) -> Any:
        """Namespace of the message classes of this peer: those of `ros_messages`, by the same names."""
        ...

    def now_ns(self) -> int:
        """ROS time: nanoseconds since 1970, or of a simulated clock."""
        ...

    def subscribe(self, topic: str, message: type[Any]) -> RosSubscription:
        """Receive a sensor's messages."""
        ...

    def advertise(self, topic: str, message: type[Any]) -> RosPublication:
        """Send commands."""
        ...
