"""Time sources: a run names its clock, so simulated and real time never mix."""

import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic time source."""

    def now_ns(self) -> int: ...

    def sleep_until_ns(self, stamp_ns: int) -> None: ...


class SteadyClock:
    """The machine's monotonic clock: never steps backwards."""

    def now_ns(self) -> int:
        return time.monotonic_ns()

    def sleep_until_ns(self, stamp_ns: int) -> None:
        remaining = stamp_ns - time.monotonic_ns()
        if remaining > 0:
            time.sleep(remaining * 1e-9)


class SimulatedClock:
    """Time that passes only when somebody advances it."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        return self._now_ns

    def sleep_until_ns(self, stamp_ns: int) -> None:
        """Jump to `stamp_ns`; a stamp in the past leaves the clock as it is."""
        self._now_ns = max(self._now_ns, stamp_ns)
