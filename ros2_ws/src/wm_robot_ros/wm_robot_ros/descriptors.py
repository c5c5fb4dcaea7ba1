"""The library's settings in the words of ROS parameters, which know no None and no tuples; needs no ROS."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wm_robot.runtime.settings import Setting

TYPES = {bool: 1, int: 2, float: 3, str: 4}
"""`rcl_interfaces/msg/ParameterType` of one value."""

ARRAY_TYPES = {bool: 6, int: 7, float: 8, str: 9}
"""`rcl_interfaces/msg/ParameterType` of a list."""

TYPE_NAMES = {
    1: "bool",
    2: "int",
    3: "double",
    4: "string",
    6: "bool[]",
    7: "int[]",
    8: "double[]",
    9: "string[]",
}
"""What people call these types."""


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """What `rcl_interfaces/msg/ParameterDescriptor` says of a setting.

    Args:
        type: number of the parameter's type.
        description: help, with the unit in brackets.
        range: smallest and largest value, both included; None for a text, a list, or any number.
        constraints: what a range cannot say: choices, ends that are excluded, what stands for none.
    """

    type: int
    description: str
    range: tuple[float, float] | None
    constraints: str


def describe(setting: Setting) -> Descriptor:
    """The descriptor of a setting.

    Raises:
        TypeError: it is optional, and no value is left to stand for none.
    """
    bounds, constraints, range_ = setting.bounds, [], None
    if setting.choices:
        constraints.append(f"one of {', '.join(map(str, setting.choices))}")
    elif bounds is not None and (setting.many or bounds.excluded):
        constraints.append(("each " if setting.many else "") + bounds.words(setting.unit))
    if setting.optional:
        nothing = none_value(setting)
        constraints.append("empty for none" if nothing in ((), "") else "0 for none")
    if bounds is not None and not setting.many:
        low = min(bounds.low, 0) if setting.optional else bounds.low
        range_ = (setting.type(low), setting.type(bounds.high))
    return Descriptor(
        type=(ARRAY_TYPES if setting.many else TYPES)[setting.type],
        description=f"{setting.help.rstrip('.')} [{setting.unit}]" if setting.unit else setting.help,
        range=range_,
        constraints="; ".join(constraints),
    )


def none_value(setting: Setting) -> Any:
    """What stands for None: an empty list, an empty text, or a 0 that is not valid otherwise."""
    if setting.many:
        return ()
    if setting.type is str and "" not in setting.choices:
        return ""
    if setting.type in (int, float) and setting.bounds is not None and not setting.bounds.contain(0):
        return setting.type(0)
    raise TypeError(f"{setting.name} may be None, and no {setting.type.__name__} is left to say so")


def to_ros(setting: Setting, value: Any) -> Any:
    """A valid value of the setting as that of its parameter."""
    if value is None:
        value = none_value(setting)
    return list(value) if setting.many else value


def as_typed(setting: Setting, value: Any) -> Any:
    """A value with whole numbers as doubles where the parameter has doubles; it need not be valid."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [as_typed(setting, entry) for entry in value]
    return float(value) if setting.type is float and type(value) is int else value


def from_ros(setting: Setting, value: Any) -> Any:
    """The setting's value; None and an empty list of any type are what an empty list in a file becomes.

    Raises:
        WmrError: it is not valid.
    """
    if setting.many:
        value = () if value is None else value
        value = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else value
    if setting.optional and value in (None, none_value(setting)):
        return None
    return setting.checked(value)
