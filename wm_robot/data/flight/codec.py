"""Type annotation → how its values become plain JSON data, come back, and are described by a JSON Schema."""

import types
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError

FloatMatrix = Annotated[FloatArray, "matrix"]
"""A float64 array with two axes; a field annotated FloatArray holds one with one axis."""


@dataclass(frozen=True, kw_only=True)
class Codec:
    """The two directions and the description of one type.

    Args:
        to_plain: value → dicts, lists and numbers; raises TypeError, AttributeError or WmrError.
        from_plain: the inverse; raises TypeError, ValueError, KeyError or AttributeError.
        schema: JSON Schema of the plain data.
        optional: whether the value may be None.
    """

    to_plain: Callable[[Any], Any]
    from_plain: Callable[[Any], Any]
    schema: dict[str, Any]
    optional: bool = False


@cache
def codec(hint: Any) -> Codec:
    """The codec of a float, int, bool, str, FloatArray, FloatMatrix, dataclass, tuple[X, ...] or X | None.

    Raises:
        WmrError: another type.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    if hint == FloatMatrix:
        return _MATRIX
    if origin is np.ndarray:
        return _VECTOR
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint)
    if origin in (Union, types.UnionType) and len(arguments) == 2 and arguments[1] is type(None):
        return _optional(codec(arguments[0]))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _tuple(codec(arguments[0]))
    raise WmrError(f"a field of type {hint} cannot be logged; valid: {codec.__doc__}")


def _real(value: Any) -> float:
    if isinstance(value, float | int) and not isinstance(value, bool):  # numpy's float32 is neither
        return float(value)
    raise TypeError(f"a {type(value).__name__}; it must be a float of 64 bits")


def _exactly(kind: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) is kind:  # to isinstance, True would be an int
            return value
        raise TypeError(f"a {type(value).__name__}; it must be of type {kind.__name__}")

    return check


def _text(value: Any) -> str:
    if isinstance(value, str):  # a StrEnum is one
        return str(value)
    raise TypeError(f"a {type(value).__name__}; it must be of type str")


def _plain(kind: type, name: str) -> Codec:
    return Codec(to_plain=_exactly(kind), from_plain=_exactly(kind), schema={"type": name})


_SCALARS = {
    float: Codec(to_plain=_real, from_plain=float, schema={"type": "number"}),
    int: _plain(int, "integer"),
    bool: _plain(bool, "boolean"),
    str: Codec(to_plain=_text, from_plain=_text, schema={"type": "string"}),
}

_ENTRIES = {"type": "array", "items": {"type": "number"}}


def _check_array(value: Any, axes: int) -> None:
    # A float32 array would come back as float64, and whoever computes with it would round otherwise.
    if value.dtype != np.float64 or value.ndim != axes:
        raise TypeError(f"a {value.dtype} array of shape {value.shape}; it must be float64 with {axes} axes")


def _from_vector(value: Any) -> list[float]:
    _check_array(value, axes=1)
    return value.tolist()


def _to_vector(entries: list[Any]) -> FloatArray:
    return np.array(entries, dtype=np.float64)


_VECTOR = Codec(to_plain=_from_vector, from_plain=_to_vector, schema=_ENTRIES)


def _from_matrix(value: Any) -> dict[str, Any]:
    _check_array(value, axes=2)
    return {"rows": value.shape[0], "columns": value.shape[1], "entries": value.ravel().tolist()}


def _to_matrix(plain: dict[str, Any]) -> FloatArray:
    return _to_vector(plain["entries"]).reshape(plain["rows"], plain["columns"])


_COUNT = {"type": "integer"}
_MATRIX = Codec(  # Foxglove's plots know no nested arrays
    to_plain=_from_matrix,
    from_plain=_to_matrix,
    schema={"type": "object", "properties": {"rows": _COUNT, "columns": _COUNT, "entries": _ENTRIES}},
)


def _optional(present: Codec) -> Codec:
    return Codec(
        to_plain=lambda value: None if value is None else present.to_plain(value),
        from_plain=present.from_plain,
        schema=present.schema,
        optional=True,
    )


def _tuple(element: Codec) -> Codec:
    return Codec(
        to_plain=lambda values: [element.to_plain(value) for value in values],
        from_plain=lambda plain: tuple([element.from_plain(value) for value in plain]),
        schema={"type": "array", "items": element.schema},
    )


def _dataclass(cls: type) -> Codec:
    hints = get_type_hints(cls, include_extras=True)
    members = {field.name: codec(hints[field.name]) for field in fields(cls)}
    absent = {name: None for name, member in members.items() if member.optional}
    with_default = {
        f.name for f in fields(cls) if f.default is not MISSING or f.default_factory is not MISSING
    }
    required = [name for name in members if name not in absent and name not in with_default]

    def to_plain(value: Any) -> dict[str, Any]:
        plain = {}
        for name, member in members.items():
            try:
                entry = member.to_plain(getattr(value, name))
            except (TypeError, AttributeError, WmrError) as error:
                raise WmrError(f"{cls.__name__}.{name}: {error}") from error
            if entry is not None:  # a key that is there or not; Foxglove's plots know no union with null
                plain[name] = entry
        return plain

    def from_plain(plain: dict[str, Any]) -> Any:
        if unknown := sorted(plain.keys() - members.keys()):
            raise ValueError(f"{cls.__name__} has no {', '.join(unknown)}; valid: {', '.join(members)}")
        if missing := [name for name in required if name not in plain]:
            raise ValueError(f"{cls.__name__} lacks {', '.join(missing)}")
        return cls(**absent | {name: members[name].from_plain(value) for name, value in plain.items()})

    properties = {name: member.schema for name, member in members.items()}
    schema = {"type": "object", "properties": properties, "required": required}
    return Codec(to_plain=to_plain, from_plain=from_plain, schema=schema)
