"""Errors that a user can act on: each says what was given and what is valid.

The command line turns any `WmrError` into one line on standard error and exit code 2.
"""

from collections.abc import Iterable
from typing import Any


class WmrError(Exception):
    """A problem with the input or the machine, not with the program.

    Crosses process borders whole, whatever its subclass takes to be made.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (type(self), self.args)


def _unpickled(kind: type[WmrError], args: tuple[Any, ...]) -> WmrError:
    return kind.__new__(kind, *args)


class UnknownNameError(WmrError):
    """A name that no registry entry, joint, camera or feature has."""

    def __init__(self, kind: str, given: str, valid: Iterable[str]) -> None:
        super().__init__(f"unknown {kind} {given!r}; valid: {', '.join(sorted(valid)) or 'none'}")


class ShapeError(WmrError):
    """An array with the wrong shape."""

    def __init__(self, what: str, given: tuple[int, ...], valid: tuple[int | str, ...]) -> None:
        expected = "(" + ", ".join(map(str, valid)) + ")"
        super().__init__(f"{what} has shape {given}, expected {expected}")


class NotFiniteError(WmrError):
    """NaN or infinity where a number is needed."""

    def __init__(self, what: str, names: Iterable[str] = ()) -> None:
        where = f" in {', '.join(names)}" if names else ""
        super().__init__(f"{what} holds NaN or infinity{where}; only finite values are valid")


class MismatchError(WmrError):
    """Two things that do not belong together, such as a checkpoint and another robot."""


class CheckpointError(WmrError):
    """A checkpoint that is missing, half-written or not one of ours."""


class DatasetError(WmrError):
    """A dataset that is missing, broken or half-written."""


class FlightLogError(WmrError):
    """A flight log that is missing, broken or can no longer be written."""


class MissingDependencyError(WmrError):
    """An optional library that is not installed."""

    def __init__(self, library: str, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs {library}; install it with: pip install 'wm_robot[{extra}]'")


class DriverError(WmrError):
    """A robot or camera that does not answer, has gone, or refuses."""


class GraphicsError(WmrError):
    """No OpenGL context can be made, so no camera can be rendered."""
