"""How many control periods a decision takes, from those it took lately."""

import math
from collections import deque

import numpy as np


class LatencyEstimate:
    """The 95th percentile of the last decisions, in whole control periods.

    Args:
        dt_s: control period.
        window: decisions remembered.
    """

    def __init__(self, dt_s: float, window: int = 50) -> None:
        self.dt_s = dt_s
        self._durations_s: deque[float] = deque(maxlen=window)

    def add(self, duration_s: float) -> None:
        self._durations_s.append(duration_s)

    @property
    def periods(self) -> int:
        """At least 1: a decision can only take effect in a later period than it began in."""
        if not self._durations_s:
            return 1
        return max(1, math.ceil(np.quantile(np.array(self._durations_s), 0.95) / self.dt_s))
