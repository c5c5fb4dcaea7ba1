"""Datasets from rosbag2 MCAP files."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from wm_robot.core.errors import DatasetError
from wm_robot.core.spaces import require_same
from wm_robot.data.features import ACTION
from wm_robot.data.importers.bag_file import BagFile
from wm_robot.data.importers.recorded import Pursuit, read_episodes, read_pursuits
from wm_robot.data.importers.resampled import McapConfig, camera_rate, features, resampled
from wm_robot.data.importers.ros_messages import read_topics
from wm_robot.data.progress import progress_bar
from wm_robot.data.provenance import Provenance
from wm_robot.data.recording import create_recording
from wm_robot.data.staging import staged_folder
from wm_robot.data.writer import DatasetWriter


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of bags.

    Args:
        episodes: that were written.
        remarks: what is not in them, for people.
    """

    episodes: int
    remarks: tuple[str, ...] = ()


def import_mcap(source: Path, target: Path, config: McapConfig, *, progress: bool = False) -> Imported:
    """Write the bags below `source` into the new folder `target`.

    Bags of the planner's topics say themselves what they hold, as long as `config` chooses no topics; see
    `read_episodes`. Of others each is an episode, and each frame holds the newest message at or before it;
    its action is the first command published until the next frame, or the one still in force. The state is
    the end-effector pose (x, y, z, roll, pitch, yaw) followed by all joint positions.

    A bag that just ends, because its recorder was killed, is read to its last whole message.

    Args:
        source: an MCAP file, or a folder with some below it.

    Raises:
        DatasetError: no bag, a broken one, topics missing or ambiguous, or a gap in one.
    """
    paths = [source] if source.is_file() else sorted(source.rglob("*.mcap"))
    if not paths:
        raise DatasetError(f"{source} has no .mcap file in it")
    bags = [BagFile(path) for path in paths]
    pursuits = [read_pursuits(bag) for bag in bags] if config == McapConfig(task=config.task) else []
    what = f"importing {source.name}"
    with staged_folder(target) as folder:
        if any(pursuits):
            pairs = list(zip(bags, pursuits, strict=True))
            return _import_recorded(progress_bar(pairs, what, len(bags), shown=progress), folder, config.task)
        return _import_others(progress_bar(bags, what, len(bags), shown=progress), folder, config)


def _import_recorded(
    bags: Iterable[tuple[BagFile, list[Pursuit]]], folder: Path, task: str | None
) -> Imported:
    remarks: list[str] = []
    first: Provenance | None = None
    writer: DatasetWriter | None = None
    with ExitStack() as stack:
        for bag, pursuits in bags:
            written = 0
            for says, frames in read_episodes(bag, pursuits):
                source = says.provenance
                if first is None or writer is None:
                    first, writer = source, stack.enter_context(create_recording(folder, source))
                # A later commit may continue what an earlier one began.
                require_same(f"an episode of {bag.path}", replace(source, commit=first.commit), first)
                writer.write_episode(frames, task or source.environment, says.seed)
                written += len(frames[ACTION])
            told = sum(len(pursuit.executed.keys() | pursuit.observed.keys()) for pursuit in pursuits)
            if told > written:
                remarks.append(
                    f"{bag.path}: {told - written} of {told} control periods are left out: their action, "
                    "their observation or a picture is missing"
                )
            elif not told:
                remarks.append(f"{bag.path} holds no control period of a goal")
            remarks += _cut_off(bag)
        if writer is None:
            raise DatasetError("; ".join(remarks))
        return Imported(episodes=writer.episodes, remarks=tuple(remarks))


def _import_others(bags: Iterable[BagFile], folder: Path, config: McapConfig) -> Imported:
    fps, remarks = config.fps, list[str]()
    with ExitStack() as stack:
        writer: DatasetWriter | None = None
        for bag in bags:
            topics = read_topics(bag)
            remarks += _cut_off(bag)
            fps = fps or camera_rate(topics, config.cameras)
            columns = resampled(topics, fps, config)
            if writer is None:
                created = DatasetWriter.create(folder, fps=fps, features=features(columns))
                writer = stack.enter_context(created)
            frames = {key: values for key, (_, values) in columns.items()}
            writer.write_episode(frames, config.task or "unknown")
        assert writer is not None
        return Imported(episodes=writer.episodes, remarks=tuple(remarks))


def _cut_off(bag: BagFile) -> list[str]:
    return [f"{bag.path} was cut off: what came after its last whole message is lost"] if bag.cut_off else []
