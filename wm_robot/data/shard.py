"""A table file that grows by whole rewrites: at every moment it is either the old or the new one.

Parquet cannot be appended to: its footer comes last, and without it nothing can be read. So the
youngest file is kept in memory and rewritten with each episode until it is full.
"""

from pathlib import Path

import pyarrow as pa

from wm_robot.data.layout import table_file
from wm_robot.data.parquet import parquet_bytes

EPISODES_PER_FILE = 20
"""Bounds the cost of a rewrite; small enough to be negligible beside recording an episode."""


class Shard:
    """The youngest of a family of table files.

    Args:
        root: dataset folder.
        template: path of the family below it.
        row_groups: whether each episode gets a row group of its own.
    """

    def __init__(self, root: Path, template: str, *, row_groups: bool) -> None:
        self._root = root
        self._template = template
        self._row_groups = row_groups
        self._number = 0
        self._episodes: tuple[pa.Table, ...] = ()
        self._staged: tuple[pa.Table, ...] = ()

    def restore(self, number: int, episodes: tuple[pa.Table, ...]) -> None:
        """Continue the file with the running `number`, which holds the committed `episodes`."""
        self._number, self._episodes = number, episodes

    @property
    def next_number(self) -> int:
        """Number of the file that the next episode goes to."""
        return self._number + (len(self._episodes) >= EPISODES_PER_FILE)

    def stage(self, episode: pa.Table) -> tuple[Path, bytes]:
        """The file with `episode` added; until `commit`, the next `stage` takes its place."""
        kept = self._episodes if self.next_number == self._number else ()
        self._staged = (*kept, episode)
        groups = self._staged if self._row_groups else [pa.concat_tables(self._staged)]
        return table_file(self._root, self._template, self.next_number), parquet_bytes(groups)

    def commit(self) -> None:
        """Keep what was staged."""
        self._number, self._episodes = self.next_number, self._staged
