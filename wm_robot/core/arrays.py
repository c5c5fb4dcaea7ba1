"""Checks that turn array-likes from outside into arrays that the code may trust."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wm_robot.core.errors import NotFiniteError, ShapeError

FloatArray = NDArray[np.floating]


def finite_array(
    what: str,
    value: ArrayLike,
    shape: tuple[int | str, ...],
    *,
    names: Sequence[str] = (),
    dtype: type[np.floating] = np.float64,
) -> FloatArray:
    """`value` as a float array of `shape` that holds only finite numbers.

    Args:
        what: how the error calls the array.
        value: anything numpy can convert.
        shape: expected extents; a string stands for any extent and names the axis.
        names: one name for each entry of the last axis, for the error message.
        dtype: floating type of the result.

    Raises:
        ShapeError: another number of axes, or another extent where one is given.
        NotFiniteError: NaN or infinity, with the names of the entries at fault.
    """
    array = np.asarray(value, dtype=dtype)
    if array.shape != shape and not _fits(array.shape, shape):
        raise ShapeError(what, array.shape, shape)
    finite = np.isfinite(array)
    if not finite.all():
        if len(names) == array.shape[-1]:
            columns = set(np.nonzero(~finite)[-1].tolist())
            raise NotFiniteError(what, [name for i, name in enumerate(names) if i in columns])
        raise NotFiniteError(what)
    return array


def _fits(extents: tuple[int, ...], shape: tuple[int | str, ...]) -> bool:
    return len(extents) == len(shape) and all(
        isinstance(want, str) or want == have for want, have in zip(shape, extents, strict=True)
    )
