"""Name → factory tables whose entries load when they are asked for."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Generic, TypeVar

from wm_robot.core.errors import UnknownNameError, WmrError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names mapped to "module:attribute" or to the object itself.

    An entry given as a string is imported at the first `get`, so listing names loads nothing.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, str | T] = {}

    def add(self, name: str, entry: str | T) -> None:
        if name in self._entries:
            raise WmrError(f"{self.kind} {name!r} is registered twice")
        self._entries[name] = entry

    def get(self, name: str) -> T:
        """The entry called `name`; raises UnknownNameError listing the valid names."""
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self._entries)
        entry = self._entries[name]
        if isinstance(entry, str):
            module, attribute = entry.split(":")
            entry = getattr(import_module(module), attribute)
            self._entries[name] = entry
        return entry  # type: ignore[return-value]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __contains__(self, name: object) -> bool:
        return name in self._entries


Factory = Callable[..., T]
