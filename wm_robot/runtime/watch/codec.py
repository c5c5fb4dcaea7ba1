"""Dataclasses with arrays as bytes: a safetensors file, whose metadata hold all that is no array.

Every number comes back bit for bit, NaN and the type of each array included.
"""

import dataclasses
import json
import types
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from wm_robot.core.errors import WmrError

T = TypeVar("T")

PLAIN = "plain"
"""Key of the metadata that holds the JSON."""

ARRAY = "array "
"""Marks a text of the JSON as the name of a tensor; no other text that is written starts so."""


def encode(value: Any) -> bytes:
    """A dataclass as bytes for `decode`.

    Raises:
        TypeError: it holds something that is neither number, text, None, array, mapping, tuple nor dataclass.
    """
    arrays: dict[str, np.ndarray] = {}
    plain = _plain(value, "", arrays)
    return save(arrays, {PLAIN: json.dumps(plain)})


def decode(cls: type[T], data: bytes) -> T:
    """The `cls` that `encode` was given.

    Raises:
        WmrError: these are no such bytes.
    """
    try:
        arrays = load(data)
        length = int.from_bytes(data[:8], "little")
        plain = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][PLAIN])
        return _typed(cls, plain, arrays)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise WmrError(f"{len(data)} bytes that are no {cls.__name__}: {error}") from error


def _plain(value: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        arrays[name] = np.ascontiguousarray(value).reshape(value.shape)
        return ARRAY + name
    if isinstance(value, np.generic):
        return value.item()
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name), f"{name}.{f.name}", arrays) for f in _fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry, f"{name}.{key}", arrays) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry, f"{name}.{i}", arrays) for i, entry in enumerate(value)]
    if isinstance(value, str) and value.startswith(ARRAY):
        raise TypeError(f"{name} is a text that starts with {ARRAY!r}")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{name} is of type {type(value).__name__}, which cannot be written")


def _typed(hint: Any, plain: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    inner = get_args(hint)
    if get_origin(hint) is Annotated:
        return _typed(inner[0], plain, arrays)
    if get_origin(hint) in (Union, types.UnionType):
        kinds = [kind for kind in inner if kind is not type(None)]
        return None if plain is None else _typed(kinds[0], plain, arrays)
    if isinstance(plain, str):
        return arrays[plain.removeprefix(ARRAY)] if plain.startswith(ARRAY) else plain
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        known = {key: _typed(hints[key], entry, arrays) for key, entry in plain.items() if key in hints}
        return hint(**known)  # type: ignore[operator]
    return _contained(hint, plain, arrays)


def _contained(hint: Any, plain: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    inner = get_args(hint)
    if get_origin(hint) is tuple:
        return tuple(_typed(inner[0], entry, arrays) for entry in plain)
    if isinstance(plain, dict) and inner:
        return {key: _typed(inner[1], entry, arrays) for key, entry in plain.items()}
    return plain


def _fields(value: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(value)
