"""Finds everything that is wrong with a dataset, and says what to do about it."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wm_robot.core.errors import DatasetError
from wm_robot.data.episode_check import check_episode
from wm_robot.data.info import read_info
from wm_robot.data.layout import LOCK, STATS
from wm_robot.data.progress import progress_bar
from wm_robot.data.reader import Dataset, read_dataset, referenced_files
from wm_robot.data.records import episode_tables
from wm_robot.data.stats_file import read_stats

REPAIR = "`wmr data repair` keeps the whole episodes"
CLEAN = "harmless; `wmr data repair` removes it"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One finding.

    Args:
        where: file or episode.
        what: what is wrong with it.
        remedy: what to do.
        broken: whether the dataset must not be used like this; leftovers of a crash are harmless.
    """

    where: str
    what: str
    remedy: str
    broken: bool = True


def validate(root: Path, *, workers: int = 2, progress: bool = False) -> list[Problem]:
    """Everything that is wrong with the dataset at `root`; every frame is read.

    Raises:
        DatasetError: there is no dataset at `root`.
    """
    info = read_info(root)
    try:
        dataset = read_dataset(root)
    except DatasetError as error:
        return [Problem(where=str(root), what=str(error), remedy=REPAIR)]
    problems = _statistics_problems(dataset)
    if info.total_tasks > len(dataset.tasks):
        what = f"holds {len(dataset.tasks)} of {info.total_tasks} tasks"
        problems.append(Problem(where="meta/tasks.parquet", what=what, remedy=REPAIR))
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        found = pool.map(lambda p: check_episode(dataset, p), range(len(dataset.episodes)))
        for record, lines in zip(
            dataset.episodes,
            progress_bar(found, f"checking {root.name}", len(dataset.episodes), shown=progress),
            strict=True,
        ):
            where = f"episode {record.index}"
            problems += [Problem(where=where, what=line, remedy=REPAIR) for line in lines]
    return problems + _leftovers(dataset)


def _statistics_problems(dataset: Dataset) -> list[Problem]:
    if not dataset.episodes:
        return []
    remedy = "`wmr data repair` writes it again"
    try:
        statistics = read_stats(dataset.root)
    except DatasetError as error:
        return [Problem(where=STATS, what=str(error), remedy=remedy)]
    problems = []
    described = {key for key, feature in dataset.features.items() if feature.dtype != "string"}
    if described - set(statistics):
        what = f"lacks {', '.join(sorted(described - set(statistics)))}"
        problems.append(Problem(where=STATS, what=what, remedy=remedy))
    if any(not np.isfinite(v).all() for figures in statistics.values() for v in figures.values()):
        problems.append(Problem(where=STATS, what="holds NaN or infinity", remedy=remedy))
    counts = {int(np.max(figures["count"])) for figures in statistics.values() if "count" in figures}
    if counts and max(counts) > dataset.info.total_frames:
        what = f"counts {max(counts)} frames, the dataset has {dataset.info.total_frames}"
        problems.append(Problem(where=STATS, what=what, remedy=CLEAN, broken=False))
    return problems


def _leftovers(dataset: Dataset) -> list[Problem]:
    """Files and rows that an interrupted writer left beyond the last finished episode."""
    problems = [
        Problem(
            where=str(path.relative_to(dataset.root)),
            what="belongs to no episode",
            remedy=CLEAN,
            broken=False,
        )
        for path in leftover_files(dataset)
    ]
    rows = sum(table.num_rows for _, table in episode_tables(dataset.root))
    if rows > len(dataset.episodes):
        what = f"holds {rows - len(dataset.episodes)} records of unfinished episodes"
        problems.append(Problem(where="meta/episodes", what=what, remedy=CLEAN, broken=False))
    return problems


def leftover_files(dataset: Dataset) -> Iterable[Path]:
    """Files below data/, videos/, images/ and meta/ that no episode refers to."""
    referenced = referenced_files(dataset.root, dataset.info, dataset.episodes)
    folders = ("data", "videos", "images", "meta")
    for path in sorted(p for folder in folders for p in (dataset.root / folder).rglob("*")):
        if path.is_dir() or path == dataset.root / LOCK or path in referenced:
            continue
        if path.suffix == ".tmp" or path.relative_to(dataset.root).parts[0] != "meta":
            yield path
