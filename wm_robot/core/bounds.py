"""What a setting may be, said once where it is declared: `samples: Annotated[int, Bounds(2, 65536)] = 128`.

The dataclass checks itself with it, and sliders, ROS parameters and reference pages are made from it.
"""

import dataclasses
import types
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from wm_robot.core.errors import UnknownNameError, WmrError

UNITS = {
    "_rad_s3": "rad/s³",
    "_rad_s2": "rad/s²",
    "_rad_s": "rad/s",
    "_m_s": "m/s",
    "_hz": "Hz",
    "_ms": "ms",
    "_rad": "rad",
    "_s": "s",
    "_m": "m",
}
"""Unit of a setting by how its name ends, longest first."""


@dataclass(frozen=True)
class Bounds:
    """The valid numbers of a setting; each entry's, where it is a tuple.

    Args:
        low: smallest.
        high: largest; generous rather than missing, because a slider ends somewhere.
        unit: where the name does not end in it.
        excluded: those of the two ends that are not valid themselves.
    """

    low: float
    high: float
    unit: str = ""
    excluded: tuple[float, ...] = ()

    def contain(self, value: float) -> bool:
        """Whether `value` is valid; NaN never is."""
        return self.low <= value <= self.high and value not in self.excluded

    def words(self, unit: str = "") -> str:
        """Such as "above 0, at most 10 s"."""
        unit = f" {self.unit or unit}".rstrip()
        if not self.excluded:
            return f"{_digits(self.low)} to {_digits(self.high)}{unit}"
        low = "above" if self.low in self.excluded else "at least"
        high = "below" if self.high in self.excluded else "at most"
        return f"{low} {_digits(self.low)}, {high} {_digits(self.high)}{unit}"


@dataclass(frozen=True, kw_only=True)
class FieldType:
    """A dataclass field's annotation, taken apart.

    Args:
        base: the type without bounds and None; str for a choice.
        bounds: of its numbers, or None.
        choices: all valid values; empty where there is no such list.
        optional: whether None is valid.
        many: whether it is a tuple of `base`, as long as one likes.
    """

    base: Any
    bounds: Bounds | None = None
    choices: tuple[Any, ...] = ()
    optional: bool = False
    many: bool = False


@cache
def field_types(cls: type) -> dict[str, FieldType]:
    """The fields of the dataclass `cls` by name."""
    hints = get_type_hints(cls, include_extras=True)
    return {f.name: _field_type(hints[f.name]) for f in dataclasses.fields(cls)}


def unit_of(name: str, bounds: Bounds | None = None) -> str:
    """Unit of the setting `name`; empty for a pure number."""
    if bounds is not None and bounds.unit:
        return bounds.unit
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")


def check_fields(instance: Any, what: str) -> None:
    """Check the fields of a dataclass against their bounds and choices.

    Args:
        instance: of the dataclass; its `__post_init__` is the caller.
        what: it is, for the message: "planner" gives "planner samples is 1; valid: 2 to 65536".

    Raises:
        UnknownNameError: a value that is none of the choices.
        WmrError: a number out of bounds.
    """
    for name, kind in field_types(type(instance)).items():
        value = getattr(instance, name)
        if not (value is None and kind.optional):
            _check(f"{what} {name}", value, kind, unit_of(name))


def _check(name: str, value: Any, kind: FieldType, unit: str) -> None:
    for entry in value if kind.many else (value,):
        if kind.choices and entry not in kind.choices:
            raise UnknownNameError(name, entry, kind.choices)
        if kind.bounds is not None and not kind.bounds.contain(entry):
            raise WmrError(f"{name} is {value}; valid: {kind.bounds.words(unit)}")


def _digits(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


def _field_type(hint: Any) -> FieldType:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        bounds = next((extra for extra in arguments[1:] if isinstance(extra, Bounds)), None)
        inner = _field_type(arguments[0])
        return inner if bounds is None else dataclasses.replace(inner, bounds=bounds)
    if origin is Literal:
        return FieldType(base=type(arguments[0]), choices=arguments)
    if origin in (Union, types.UnionType) and type(None) in arguments and len(arguments) == 2:
        (inner,) = (a for a in arguments if a is not type(None))
        return dataclasses.replace(_field_type(inner), optional=True)
    if origin is tuple:
        return dataclasses.replace(_field_type(arguments[0]), many=True)
    return FieldType(base=hint)
