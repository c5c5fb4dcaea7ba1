"""Action sequences from few knots, so that the search has fewer dimensions than the horizon."""

from typing import Literal, get_args

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import UnknownNameError, WmrError

Interpolation = Literal["zero_order", "linear"]


def interpolation_matrix(kind: Interpolation, horizon: int, knots: int) -> FloatArray:
    """The matrix W (H, M) that turns knots u (M, nu) into actions W u (H, nu).

    Args:
        kind: "zero_order" holds each knot for a block of steps, as even as H and M allow;
            "linear" joins knots that lie evenly from the first step to the last.
        horizon: H, number of steps.
        knots: M, number of knots, 1 ≤ M ≤ H.

    Raises:
        UnknownNameError: another kind.
        WmrError: fewer than one knot or more knots than steps.
    """
    if not 1 <= knots <= horizon:
        raise WmrError(f"{knots} knots for a horizon of {horizon} steps; valid: 1 to {horizon}")
    steps = np.arange(horizon)
    if kind == "zero_order":
        held = steps * knots // horizon  # (H,)
        return (held[:, None] == np.arange(knots)).astype(np.float64)  # (H, M)
    if kind == "linear":
        times = np.linspace(0.0, horizon - 1.0, knots)
        return np.stack([np.interp(steps, times, unit) for unit in np.eye(knots)], axis=1)  # (H, M)
    raise UnknownNameError("interpolation", kind, get_args(Interpolation))
