"""Which action is due when."""

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.spaces import ActionSpace


class Schedule:
    """Actions by control period, counted from the start of the run.

    A newer chunk replaces what older ones had planned from its first period on; where nothing is
    planned, the robot holds.
    """

    def __init__(self, space: ActionSpace) -> None:
        self.space = space
        self._actions: dict[int, FloatArray] = {}

    def add(self, period: int, actions: FloatArray) -> None:
        """Plan `actions` (H, nu) for `period` and those after it."""
        self._actions = {k: a for k, a in self._actions.items() if k < period}
        self._actions.update(enumerate(actions, start=period))

    def due(self, period: int) -> FloatArray:
        """The action (nu,) of `period`."""
        return self._actions.get(period, self.space.hold)

    def between(self, first: int, end: int) -> FloatArray:
        """The actions (end − first, nu) of periods `first` to `end` − 1."""
        return np.array([self.due(k) for k in range(first, end)]).reshape(-1, self.space.nu)
