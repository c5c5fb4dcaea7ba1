"""A dataclass of settings as data: what sliders, ROS parameters and reference pages are made from.

A nested dataclass contributes its settings under a dotted name, "search.samples".
"""

import inspect
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from wm_robot.core.bounds import Bounds, FieldType, field_types, unit_of
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.robots import Box

T = TypeVar("T")

KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
BOX_HELP = "six numbers a box: low x y z, high x y z"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One value that a person may choose.

    Args:
        name: dotted path of fields.
        type: bool, int, float or str.
        default: what it is when nobody chooses.
        bounds: of its numbers, or None.
        choices: all valid values; empty where there is no such list.
        unit: empty for a pure number.
        help: what it is, from the class's docstring.
        many: whether it is a tuple of values of `type`.
        optional: whether it may be None.
    """

    name: str
    type: type
    default: Any
    bounds: Bounds | None = None
    choices: tuple[Any, ...] = ()
    unit: str = ""
    help: str = ""
    many: bool = False
    optional: bool = False

    @property
    def low(self) -> float | None:
        return None if self.bounds is None else self.bounds.low

    @property
    def high(self) -> float | None:
        return None if self.bounds is None else self.bounds.high

    @property
    def valid(self) -> str:
        """What the setting may be, in words."""
        if self.choices:
            return ", ".join(map(str, self.choices))
        words = f"a list, each entry {KINDS[self.type]}" if self.many else KINDS[self.type]
        if self.bounds is not None:
            words += f", {self.bounds.words(self.unit)}"
        return f"{words}, or none" if self.optional else words

    def checked(self, value: Any) -> Any:
        """`value` as the setting's own type; a whole number is a number too, and a list is a tuple.

        Raises:
            UnknownNameError: it is none of the choices.
            WmrError: it is of another type, or out of bounds.
        """
        if value is None and self.optional:
            return None
        if not self.many:
            return self._checked_entry(value, value)
        if not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping):
            raise self._refused(value)
        return tuple(self._checked_entry(entry, value) for entry in value)

    def _checked_entry(self, entry: Any, value: Any) -> Any:
        if self.type is float and isinstance(entry, int) and not isinstance(entry, bool):
            entry = float(entry)
        if type(entry) is not self.type:
            raise self._refused(value)
        if self.choices and entry not in self.choices:
            raise UnknownNameError(self.name, str(entry), map(str, self.choices))
        if self.bounds is not None and not self.bounds.contain(entry):
            raise self._refused(value)
        return entry

    def _refused(self, value: Any) -> WmrError:
        return WmrError(f"{self.name} is {value!r}; valid: {self.valid}")


def settings_of(settings: Any, prefix: str = "", *, without: Collection[str] = ()) -> list[Setting]:
    """The settings of a dataclass, in the order of its fields.

    Args:
        settings: an instance, whose values are the defaults; or a class whose fields all have one.
        prefix: put before each name, with a dot.
        without: dotted names of fields that are left out, with all that they hold.

    Boxes are given as numbers, six a box.
    """
    instance = settings() if isinstance(settings, type) else settings
    dot = f"{prefix}." if prefix else ""
    found: list[Setting] = []
    for name, kind in field_types(type(instance)).items():
        if name in without:
            continue
        value = getattr(instance, name)
        if is_dataclass(value) and kind.base is not Box:
            inner = {key.removeprefix(f"{name}.") for key in without if key.startswith(f"{name}.")}
            found += settings_of(value, dot + name, without=inner)
        else:
            found.append(_setting(dot + name, kind, value, docs_of(type(instance)).get(name, "")))
    return found


def with_changes(instance: T, changes: Mapping[str, Any]) -> T:
    """`instance` with the settings in `changes` set, by dotted name; checked one by one and as a whole.

    Raises:
        UnknownNameError: a name that is no setting, or a value that is none of the choices.
        WmrError: a value of the wrong type or out of bounds, or values that do not fit each other.
    """
    known = {setting.name: setting for setting in settings_of(instance)}
    for name in changes:
        if name not in known:
            raise UnknownNameError("setting", name, known)
    return _replaced(instance, {name: known[name].checked(value) for name, value in changes.items()})


def docs_of(cls: type) -> dict[str, str]:
    """What the docstring of `cls` says under Args, by name and in one line each."""
    _, _, section = inspect.cleandoc(cls.__doc__ or "").partition("\nArgs:\n")
    section, *_ = re.split(r"\n(?=\S)", section)
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def _setting(name: str, kind: FieldType, value: Any, help_: str) -> Setting:
    if kind.base is Box:
        help_ = f"{help_.rstrip('.')}; {BOX_HELP}"
        return Setting(name=name, type=float, default=_numbers(value), unit="m", help=help_, many=True)
    if kind.base not in KINDS:
        raise TypeError(f"{name} is of type {kind.base}, which cannot be a setting: leave it out")
    return Setting(
        name=name,
        type=kind.base,
        default=value,
        bounds=kind.bounds,
        choices=kind.choices,
        unit=unit_of(name, kind.bounds),
        help=help_,
        many=kind.many,
        optional=kind.optional,
    )


def _replaced(instance: T, changes: Mapping[str, Any]) -> T:
    kinds = field_types(type(instance))
    new: dict[str, Any] = {}
    for field in fields(cast(Any, instance)):
        name, dot = field.name, f"{field.name}."
        inner = {key.removeprefix(dot): value for key, value in changes.items() if key.startswith(dot)}
        if inner:
            new[name] = _replaced(getattr(instance, name), inner)
        elif name in changes:
            new[name] = (
                changes[name] if kinds[name].base is not Box else _boxes(name, kinds[name], changes[name])
            )
    return replace(cast(Any, instance), **new)


def _numbers(boxes: Any) -> tuple[float, ...]:
    boxes = () if boxes is None else (boxes,) if isinstance(boxes, Box) else boxes
    return tuple(number for box in boxes for number in (*box.low, *box.high))


def _boxes(name: str, kind: FieldType, numbers: tuple[float, ...]) -> Any:
    boxes = [
        Box(low=numbers[i : i + 3], high=numbers[i + 3 : i + 6])  # type: ignore[arg-type]
        for i in range(0, len(numbers) - 5, 6)
    ]
    if len(numbers) % 6 or (not kind.many and len(boxes) > 1) or not (kind.many or kind.optional or boxes):
        raise WmrError(f"{name} has {len(numbers)} numbers; valid: {BOX_HELP}")
    return tuple(boxes) if kind.many else next(iter(boxes), None)
