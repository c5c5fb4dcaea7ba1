"""A progress bar on standard error, so that standard output stays free for results."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def progress_bar(items: Iterable[T], description: str, total: int, *, shown: bool) -> Iterator[T]:
    """`items`, with a bar while they are consumed if `shown`."""
    if shown:
        yield from track(items, description, total, console=Console(stderr=True))
    else:
        yield from items
