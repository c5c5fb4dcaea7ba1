"""Records exploration episodes of an environment with several processes.

Episode i depends on the seed and on i alone, so the dataset is the same whatever the number of
workers, and a run that was interrupted goes on at the first missing episode. The workers encode
their videos; the parent writes the episodes in order, those of about a second together.
"""

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace

from wm_robot.core.errors import MismatchError, WmrError
from wm_robot.core.protocols import Environment
from wm_robot.core.spaces import require_same
from wm_robot.data.episode import EncodedEpisode
from wm_robot.data.info import DatasetInfo
from wm_robot.data.layout import INFO
from wm_robot.data.progress import progress_bar
from wm_robot.data.reader import read_dataset
from wm_robot.data.shard import EPISODES_PER_FILE
from wm_robot.data.writer import DatasetWriter
from wm_robot.runtime.collect_config import CollectConfig
from wm_robot.runtime.collect_worker import Description, MakeEnvironment, describe, record, start
from wm_robot.runtime.stop_signal import StopSignal
from wm_robot.runtime.worker_processes import worker_processes

AHEAD = 4
"""Episodes a worker may be ahead of the writer: enough to keep it busy, few enough to hold in memory."""

TOGETHER = EPISODES_PER_FILE
TOGETHER_S = 1.0
"""So many episodes are written at once, or those of so long. Each on its own would cost the writer, which
has no core to itself, a tenth of what recording them costs; what is lost when it is killed is this much."""


@dataclass(frozen=True, kw_only=True)
class CollectResult:
    """What a run of `collect` did.

    Args:
        output: dataset folder.
        episodes: episodes in it now.
        frames: frames in it now.
        recorded_episodes: those that this run added.
        seconds: wall-clock time of this run.
        frames_per_s: frames that this run added, over its time; start-up included.
        images_per_s: camera images in them, over the same time.
    """

    output: str
    episodes: int
    frames: int
    recorded_episodes: int
    seconds: float
    frames_per_s: float
    images_per_s: float


def simulation(config: CollectConfig) -> Environment:
    """The simulated environment that `config` names."""
    from wm_sim import make  # noqa: PLC0415  (opens OpenGL, which only workers may)

    return make(config.task, robot=config.robot, image_size=config.image_size)


def collect(
    config: CollectConfig, *, make_environment: MakeEnvironment = simulation, progress: bool = False
) -> CollectResult:
    """Record the episodes of `config` that its dataset does not have yet.

    Call it in the main thread: it handles Ctrl-C.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl-C; every episode so far is whole.
        MismatchError: the folder holds a dataset of other settings.
        DatasetError: it holds a broken dataset, or something else.
        WmrError: the environment cannot be made, or a worker died.
    """
    began = time.monotonic()
    with worker_processes(config.workers, start, config, make_environment) as pool:
        try:
            recorded, info = _record_missing(pool, config, progress)
        except BrokenProcessPool as error:
            raise WmrError(
                "a worker process died, perhaps for want of memory; the episodes so far are safe: "
                "run the same command again, with fewer workers"
            ) from error
    seconds = time.monotonic() - began
    return CollectResult(
        output=str(config.output),
        episodes=info.total_episodes,
        frames=info.total_frames,
        recorded_episodes=recorded,
        seconds=round(seconds, 2),
        frames_per_s=round(recorded * config.steps / seconds, 1),
        images_per_s=round(recorded * config.steps * len(info.videos) / seconds, 1),
    )


def _record_missing(
    pool: ProcessPoolExecutor, config: CollectConfig, progress: bool
) -> tuple[int, DatasetInfo]:
    description = pool.submit(describe).result()
    with _open_writer(config, description) as writer:
        remaining = range(writer.episodes, config.episodes)
        episodes = _in_order(pool, remaining, description, AHEAD * config.workers)
        shown = progress_bar(episodes, f"recording {config.task}", len(remaining), shown=progress)
        for group in _together(shown):
            with StopSignal() as stop:  # Ctrl-C waits until the episodes are written
                writer.append(*group)
            if stop():
                raise KeyboardInterrupt
        return len(remaining), writer.info


def _open_writer(config: CollectConfig, description: Description) -> DatasetWriter:
    provenance = description.provenance
    if not (config.output / INFO).exists():
        return DatasetWriter.create(
            config.output,
            fps=description.fps,
            features=description.features,
            robot_type=provenance.robot,
            provenance=provenance,
        )
    dataset = read_dataset(config.output)
    if dataset.provenance is None:
        raise MismatchError(f"{config.output} was not recorded by wm_robot; choose another folder")
    # A later commit may continue what an earlier one began.
    known = replace(dataset.provenance, commit=provenance.commit)
    require_same(f"the dataset in {config.output}", known, provenance)
    for episode in dataset.episodes:
        if episode.length != config.steps:
            raise MismatchError(
                f"{config.output} has episodes of {episode.length} frames, not {config.steps}; "
                "use the same steps or another folder"
            )
    return DatasetWriter.resume(config.output)


def _in_order(
    pool: ProcessPoolExecutor, remaining: range, description: Description, ahead: int
) -> Iterator[EncodedEpisode]:
    """The episodes `remaining` in order of their index, while workers are at most `ahead` further."""
    waiting: deque[Future[EncodedEpisode]] = deque()
    indices = iter(remaining)
    for index in indices:
        waiting.append(pool.submit(record, index, description))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _together(episodes: Iterator[EncodedEpisode]) -> Iterator[list[EncodedEpisode]]:
    """`episodes` in groups that are worth a commit."""
    group: list[EncodedEpisode] = []
    began = time.monotonic()
    for episode in episodes:
        group.append(episode)
        if len(group) == TOGETHER or time.monotonic() - began >= TOGETHER_S:
            yield group
            group, began = [], time.monotonic()
    if group:
        yield group
