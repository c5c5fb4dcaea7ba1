"""Simulated time that runs by itself, and that people can pause and step."""

import math
import threading
from typing import Annotated

from wm_robot.core.bounds import Bounds
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.errors import WmrError

START_NS = 1_000_000_000
"""When simulated time begins: in ROS a time of 0 means that there is none."""

FACTOR = Bounds(0.01, 20.0)
Factor = Annotated[float, FACTOR]


class PacedClock:
    """`core.clock.Clock` that follows a steady one, `factor` times as fast; it never goes backwards.

    Args:
        factor: simulated seconds a second.
        start_ns: what it shows at first.
        steady: the clock that it follows; the machine's when None.

    Raises:
        WmrError: `factor` is out of bounds.

    Thread-safe.
    """

    def __init__(self, factor: float = 1.0, *, start_ns: int = START_NS, steady: Clock | None = None) -> None:
        if not FACTOR.contain(factor):
            raise WmrError(f"real-time factor is {factor}; valid: {FACTOR.words()}")
        self._factor, self._steady = factor, steady or SteadyClock()
        self._changed = threading.Condition(threading.RLock())
        self._paused = False
        self._since_ns, self._then_ns = self._steady.now_ns(), start_ns

    @property
    def paused(self) -> bool:
        return self._paused

    def now_ns(self) -> int:
        with self._changed:
            if self._paused:
                return self._then_ns
            return self._then_ns + int((self._steady.now_ns() - self._since_ns) * self._factor)

    def sleep_until_ns(self, stamp_ns: int) -> None:
        """Returns at once for a stamp in the past; while the clock is paused it does not return."""
        while (now_ns := self.now_ns()) < stamp_ns:
            with self._changed:
                if self._paused:
                    self._changed.wait()
                    continue
            remaining_ns = math.ceil((stamp_ns - now_ns) / self._factor)
            self._steady.sleep_until_ns(self._steady.now_ns() + remaining_ns)

    def pause(self) -> None:
        with self._changed:
            self._then_ns, self._paused = self.now_ns(), True

    def resume(self) -> None:
        with self._changed:
            if self._paused:
                self._since_ns, self._paused = self._steady.now_ns(), False
                self._changed.notify_all()

    def step(self, duration_ns: int) -> None:
        """Go on by `duration_ns` at once.

        Raises:
            WmrError: it is not paused, or would go backwards.
        """
        if duration_ns < 0:
            raise WmrError(f"a step of {duration_ns} ns would set the clock back; valid: at least 0")
        with self._changed:
            if not self._paused:
                raise WmrError("the simulated clock runs; pause it before you step it")
            self._then_ns += duration_ns
            self._changed.notify_all()
