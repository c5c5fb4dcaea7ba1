"""How evenly a loop cycles."""

from collections import deque
from itertools import pairwise

import numpy as np


class PeriodErrors:
    """How far the last thousand control periods were from what they should be.

    Args:
        period_ns: of the loop.
        count: of periods that are looked at.
    """

    def __init__(self, period_ns: int, count: int = 1000) -> None:
        self._period_ns = period_ns
        self._begins_ns: deque[int] = deque(maxlen=count + 1)

    def add(self, now_ns: int) -> None:
        """A cycle began."""
        self._begins_ns.append(now_ns)

    def percentiles_s(self, *percents: float) -> tuple[float, ...]:
        """Percentiles of the periods' absolute errors, seconds; 0 before the second cycle."""
        errors_ns = [abs(after - before - self._period_ns) for before, after in pairwise(self._begins_ns)]
        return tuple(1e-9 * np.percentile(errors_ns or [0], percents))
