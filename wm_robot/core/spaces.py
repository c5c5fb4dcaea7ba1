"""What an action and an observation consist of: names, units, bounds, rates.

A checkpoint carries both spaces; a robot or an environment with other ones refuses it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import MismatchError, ShapeError, WmrError


@dataclass(frozen=True, kw_only=True)
class ActionSpace:
    """Bounded continuous actions, held for one control period each.

    Args:
        kind: "end_effector_delta" (displacement of the commanded pose in the world frame,
            metres and radians, as in DROID) or "native" (an environment's own actuators).
        names: one name an entry, such as "dx".
        units: one unit an entry, such as "m".
        low: smallest valid value of each entry.
        high: largest valid value of each entry.
        rate_hz: control rate; an action lasts 1 / rate_hz seconds.
    """

    kind: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    rate_hz: float

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.units) == len(self.low) == len(self.high) > 0:
            raise WmrError("an action space needs as many units and bounds as names, at least one")
        if not all(lo < hi for lo, hi in zip(self.low, self.high, strict=True)):
            raise WmrError(f"action bounds low={self.low}, high={self.high}: each low must be below its high")
        if not self.rate_hz > 0:
            raise WmrError(f"action rate_hz is {self.rate_hz}; it must be positive")

    @property
    def nu(self) -> int:
        return len(self.names)

    @property
    def dt_s(self) -> float:
        return 1.0 / self.rate_hz

    def clip(self, action: ArrayLike) -> FloatArray:
        """`action` (..., nu) limited to the bounds; NaN and infinity are errors, never clipped."""
        array = np.asarray(action, dtype=np.float64)
        if array.ndim == 0 or array.shape[-1] != self.nu:
            raise ShapeError("action", array.shape, ("...", self.nu))
        finite_array("action", array.reshape(-1, self.nu), ("n", self.nu), names=self.names)
        return np.clip(array, self.low, self.high)

    def normalize(self, action: ArrayLike) -> FloatArray:
        """`action` (..., nu) with `low` mapped to -1 and `high` to 1; planners and models use this scale."""
        low, high = np.asarray(self.low), np.asarray(self.high)
        return (np.asarray(action, dtype=np.float64) - (low + high) / 2) / ((high - low) / 2)

    def denormalize(self, action: ArrayLike) -> FloatArray:
        """Inverse of `normalize`: back to the units of the space."""
        low, high = np.asarray(self.low), np.asarray(self.high)
        return np.asarray(action, dtype=np.float64) * ((high - low) / 2) + (low + high) / 2

    @property
    def hold(self) -> FloatArray:
        """The valid action (nu,) nearest to zero: no displacement, no force."""
        return np.clip(np.zeros(self.nu), self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class ObservationSpace:
    """Camera names in their stacking order, image size (height, width), proprioception names."""

    cameras: tuple[str, ...]
    image_size: tuple[int, int]
    proprio_names: tuple[str, ...]

    @property
    def n_proprio(self) -> int:
        return len(self.proprio_names)


def require_same(what: str, have: object, need: object) -> None:
    """Raise `MismatchError` naming the differing fields of two spaces."""
    if have == need:
        return
    have_fields, need_fields = vars(have), vars(need)
    differing = [
        f"{name} is {have_fields.get(name)!r} but must be {value!r}"
        for name, value in need_fields.items()
        if have_fields.get(name) != value
    ]
    raise MismatchError(f"{what} does not fit: {'; '.join(differing)}")
