"""Makes a broken dataset usable again: keeps the whole episodes, leaves the original beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wm_robot.core.errors import DatasetError
from wm_robot.data.copy import copied_features, copy_episodes
from wm_robot.data.episode_check import check_episode
from wm_robot.data.episodes_table import EpisodeRecord
from wm_robot.data.info import DatasetInfo, read_info
from wm_robot.data.progress import progress_bar
from wm_robot.data.provenance import read_provenance
from wm_robot.data.reader import Dataset
from wm_robot.data.records import readable_records
from wm_robot.data.staging import staged_folder
from wm_robot.data.tasks_table import read_tasks
from wm_robot.data.validate import validate
from wm_robot.data.writer import DatasetWriter


@dataclass(frozen=True, kw_only=True)
class Repair:
    """What a repair did.

    Args:
        kept: episodes in the repaired dataset.
        dropped: what was wrong with each episode left out, by its old index.
        original: where the dataset as it was lies now; None when nothing had to be done.
    """

    kept: int
    dropped: Mapping[int, list[str]]
    original: Path | None


def repair(root: Path, *, progress: bool = False) -> Repair:
    """Rebuild the dataset at `root` from its whole episodes, numbered anew; a sound one is not touched.

    The dataset as it was is kept as `<name>.before-repair`.

    Raises:
        DatasetError: no dataset, no meta/info.json to go by, or no episode that is whole.
    """
    info = read_info(root)
    if not validate(root, progress=progress):
        return Repair(kept=info.total_episodes, dropped={}, original=None)
    original = root.with_name(f"{root.name}.before-repair")
    if original.exists():
        raise DatasetError(f"{original} is in the way: move or delete it, then repair again")
    dataset = _salvage(root, info)
    positions = range(len(dataset.episodes))
    bar = progress_bar(positions, f"checking {root.name}", len(positions), shown=progress)
    found = {position: check_episode(dataset, position) for position in bar}
    whole = [position for position, problems in found.items() if not problems]
    dropped = {dataset.episodes[p].index: problems for p, problems in found.items() if problems}
    lost = set(range(info.total_episodes)) - {record.index for record in dataset.episodes}
    dropped |= {index: ["its record in meta/episodes is lost"] for index in sorted(lost)}
    if not whole and info.total_episodes:
        raise DatasetError(
            f"no episode of {root} is whole; the first problem: {next(iter(dropped.values()))[0]}"
        )
    with staged_folder(root.with_name(f"{root.name}.repaired")) as folder:
        writer = DatasetWriter.create(
            folder,
            fps=info.fps,
            features=copied_features(info.features),
            robot_type=info.robot_type,
            provenance=dataset.provenance,
        )
        with writer:
            copy_episodes(dataset, whole, writer, progress=progress)
    root.rename(original)
    root.with_name(f"{root.name}.repaired").rename(root)
    return Repair(kept=len(whole), dropped=dropped, original=original)


def _salvage(root: Path, info: DatasetInfo) -> Dataset:
    """The dataset with every finished episode whose record can still be read."""
    by_index: dict[int, EpisodeRecord] = {}
    for record in readable_records(root, info):
        if record.index < info.total_episodes:
            by_index.setdefault(record.index, record)
    records = tuple(by_index[index] for index in sorted(by_index))
    try:
        tasks = read_tasks(root)
    except DatasetError:
        # Writers number the tasks in the order in which the episodes first name them.
        tasks = tuple(dict.fromkeys(task for record in records for task in record.tasks))
    return Dataset(root=root, info=info, episodes=records, tasks=tasks, provenance=read_provenance(root))
