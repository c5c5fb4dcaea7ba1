"""A table file that grows by whole rewrites: at every moment it is either the old or the new one.

Parquet cannot be appended to: its footer comes last, and without it nothing can be read. So the
youngest file is kept in memory and rewritten with each episode until it is full.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from wm_robot.data.layout import table_file
from wm_robot.data.parquet import parquet_bytes

EPISODES_PER_FILE = 20
"""Bounds the cost of a rewrite; small enough to be negligible beside recording an episode."""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """The youngest of a family of table files, as it is in memory.

    Args:
        root: dataset folder.
        template: path of the family below it.
        row_groups: whether each episode gets a row group of its own.
        number: the file's running number.
        episodes: the rows of the episodes in it.
    """

    root: Path
    template: str
    row_groups: bool
    number: int = 0
    episodes: tuple[pa.Table, ...] = ()

    @property
    def next_number(self) -> int:
        """Number of the file that the next episode goes to."""
        return self.number + (len(self.episodes) >= EPISODES_PER_FILE)

    def added(self, episode: pa.Table) -> "Shard":
        """The file that `episode` goes to, with it: this one, or the next when this is full."""
        kept = self.episodes if self.next_number == self.number else ()
        return replace(self, number=self.next_number, episodes=(*kept, episode))

    def file(self) -> tuple[Path, bytes]:
        """Path and content."""
        groups = self.episodes if self.row_groups else [pa.concat_tables(self.episodes)]
        return table_file(self.root, self.template, self.number), parquet_bytes(groups)
