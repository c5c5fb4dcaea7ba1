"""Dataclass ↔ JSON, strict: unknown and missing fields are errors that name them."""

import dataclasses
import json
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from wm_robot.core.errors import WmrError
from wm_robot.core.files import write_atomic

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """`value` as plain JSON data; dataclasses become objects, tuples become lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(v) for v in value]
    return value


def from_json(cls: type[T], data: Any, where: str = "") -> T:
    """A `cls` from JSON data made by `to_json`.

    Raises:
        WmrError: unknown or missing fields, with the path to them and the valid names.
    """
    where = where or cls.__name__
    if not isinstance(data, dict):
        raise WmrError(f"{where} must be a JSON object, got {type(data).__name__}")
    hints = get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise WmrError(f"{where} has unknown fields {unknown}; valid: {', '.join(fields)}")
    missing = sorted(
        name
        for name, f in fields.items()
        if name not in data and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    )
    if missing:
        raise WmrError(f"{where} lacks fields {missing}")
    return cls(**{k: _convert(hints[k], v, f"{where}.{k}") for k, v in data.items()})


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        (hint,) = [a for a in get_args(hint) if a is not type(None)][:1]
        return _convert(hint, value, where)
    if dataclasses.is_dataclass(hint):
        return from_json(hint, value, where)  # type: ignore[arg-type]
    if origin is tuple and isinstance(value, list):
        element = get_args(hint)[0]
        return tuple(_convert(element, v, f"{where}[{i}]") for i, v in enumerate(value))
    if origin in (Mapping, dict):
        if not isinstance(value, dict):
            raise WmrError(f"{where} must be a JSON object, got {type(value).__name__}")
        _, inner = get_args(hint)
        nested = get_origin(inner) in (Mapping, dict)  # other entries are whatever JSON has
        return {k: _convert(inner, v, f"{where}.{k}") for k, v in value.items()} if nested else value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if isinstance(hint, type) and not isinstance(value, hint):
        raise WmrError(f"{where} is {value!r}; it must be of type {hint.__name__}")
    return value


def write_json(path: Path, value: Any) -> None:
    """Write `value` so that a reader sees the old file or the whole new one, never a part."""
    write_atomic(path, (json.dumps(to_json(value), indent=2) + "\n").encode())
