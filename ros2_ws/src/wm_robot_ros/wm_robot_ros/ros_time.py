"""ROS time on the wire, steady time in the library, and the way from one to the other."""

from collections.abc import Callable
from typing import Any

from wm_robot.core.clock import Clock

SECOND_NS = 1_000_000_000


class RosTime:
    """Puts the stamps of messages on the steady clock of this machine by their age, and back.

    The age is taken anew for each: a ROS clock that is set, paused or reset makes data old or early, and
    never keeps them fresh. A stamp of 0, which means that there is none, stays 0.

    Args:
        ros_now_ns: reads ROS time, the system clock or a simulated one.
        clock: steady.
    """

    def __init__(self, ros_now_ns: Callable[[], int], clock: Clock) -> None:
        self._ros_now_ns, self._clock = ros_now_ns, clock

    def to_steady(self, ros_ns: int) -> int:
        """When that was; the future where `ros_ns` is."""
        if ros_ns == 0:
            return 0
        now_ns = self._clock.now_ns()  # first: a pause between the two clocks makes data older, never fresher
        return now_ns - (self._ros_now_ns() - ros_ns)

    def to_ros(self, steady_ns: int) -> int:
        """The inverse; never before the beginning of ROS time, which a stamp cannot say."""
        if steady_ns == 0:
            return 0
        now_ns = self._clock.now_ns()
        return max(self._ros_now_ns() - (now_ns - steady_ns), 0)


class OrderedStamps:
    """Stamps of one thing, such as a camera's pictures, on another clock in the order that they have.

    Two ages that are taken one after the other are uncertain by the step of a simulated clock, or by how
    much the system clock is slewed meanwhile; that must make no stamp go backwards that did not. None is
    later than now.

    Args:
        convert: `RosTime.to_steady` or `RosTime.to_ros`.
        now_ns: reads the clock that results are on.
    """

    def __init__(self, convert: Callable[[int], int], now_ns: Callable[[], int]) -> None:
        self._convert, self._now_ns = convert, now_ns
        self._given_ns = self._placed_ns = 0

    def place(self, given_ns: int) -> int:
        """`given_ns` on the other clock: the same again for the same, less for less."""
        if given_ns != self._given_ns:
            placed_ns = min(self._convert(given_ns), self._now_ns())
            if given_ns > self._given_ns:
                placed_ns = max(placed_ns, self._placed_ns)
            else:
                placed_ns = min(placed_ns, self._placed_ns - 1)
            self._given_ns, self._placed_ns = given_ns, placed_ns
        return self._placed_ns


def nanoseconds(stamp: Any) -> int:
    """Of a builtin_interfaces/Time or Duration."""
    return stamp.sec * SECOND_NS + stamp.nanosec


def fill(stamp: Any, ns: int) -> None:
    """Set a builtin_interfaces/Time or Duration."""
    stamp.sec, stamp.nanosec = divmod(ns, SECOND_NS)
