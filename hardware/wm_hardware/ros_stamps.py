"""Header stamps of ROS messages on the steady clock of this machine."""

import time
from collections.abc import Callable

from wm_robot.core.clock import Clock
from wm_robot.core.errors import DriverError, WmrError


class RosStamps:
    """Places the stamps of one topic in time, and refuses those that cannot be right.

    A header's stamp is ROS time, which is the system clock of the machine that took the data:

        age = system time here − stamp,   stamp on the steady clock = steady time here − age

    The age is taken anew for each message, so a system clock that is set while running shows as an old or
    a future stamp at once, and never as fresh data. By as much as two clocks may differ, a newer message
    counts as no older than the one before: a simulated clock advances in steps.

    Args:
        clock: the steady clock that results are on.
        max_future_s: how far a stamp may lie ahead of this machine's system clock; two clocks that NTP
            keeps differ by milliseconds.
        system_ns: reads the system clock, nanoseconds since 1970, or the simulated one that is ROS time.
    """

    def __init__(
        self, clock: Clock, max_future_s: float, system_ns: Callable[[], int] = time.time_ns
    ) -> None:
        if not max_future_s >= 0:
            raise WmrError(f"max_future_s is {max_future_s}; it must be at least 0")
        self._clock, self._max_future_s, self._system_ns = clock, max_future_s, system_ns
        self._newest_ns = self._placed_ns = 0
        self.out_of_order = 0
        """Messages that came after a newer one."""

    def place(self, stamp_ns: int) -> int | None:
        """`stamp_ns` of ROS time on the steady clock; None where it is not newer than the newest so far.

        Raises:
            DriverError: no stamp, or one from the future.
        """
        if stamp_ns <= 0:
            raise DriverError("the header has no stamp, so its age is unknown; the publisher must set one")
        now_ns = self._clock.now_ns()  # first: a pause between the two clocks makes data older, never fresher
        age_ns = self._system_ns() - stamp_ns
        if age_ns < -self._max_future_s * 1e9:
            raise DriverError(
                f"the stamp is {-age_ns * 1e-9:.3f} s ahead of this machine's system clock, more than "
                f"{self._max_future_s} s; synchronise the clocks of both machines (NTP or PTP)"
            )
        if stamp_ns <= self._newest_ns:
            self.out_of_order += 1
            return None
        self._newest_ns = stamp_ns
        placed_ns = now_ns - max(age_ns, 0)
        if self._placed_ns - placed_ns <= self._max_future_s * 1e9:
            placed_ns = max(placed_ns, self._placed_ns)
        self._placed_ns = placed_ns
        return placed_ns
