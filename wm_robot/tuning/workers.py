"""Where episodes run: processes of this machine, one thread each."""

from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from wm_robot.evaluation.config import PLANNER, EvaluationConfig
from wm_robot.evaluation.episodes import EpisodeResult, EpisodeRunner, load_runner
from wm_robot.planners.planning import PlanningConfig
from wm_robot.runtime.worker_processes import obey_parent, worker_processes


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is tuned.

    Args:
        robot: that the checkpoint is for.
        sha256: of the checkpoint's weights.
        planning: the checkpoint's own settings.
        period_ms: of the control loop.
    """

    robot: str
    sha256: str
    planning: PlanningConfig
    period_ms: float


class EpisodePool(Protocol):
    """Runs episodes somewhere."""

    def subject(self) -> "Future[Subject]":
        """What the checkpoint says; its failure is that of a task or a checkpoint that cannot be used."""
        ...

    def submit(self, planning: PlanningConfig, seed: int, index: int) -> "Future[EpisodeResult]":
        """Episode `index` of the goals below `seed`, with these settings."""
        ...


class Worker:
    """Runs any episode with any settings; the model is loaded once.

    Args:
        base: a runner of the task and the checkpoint, with whatever settings.
    """

    def __init__(self, base: EpisodeRunner) -> None:
        self._base, self._runner = base, base

    def subject(self) -> Subject:
        model = self._base.model
        return Subject(
            robot=model.config.robot,
            sha256=model.sha256,
            planning=self._base.planning,
            period_ms=1e3 / model.action_space.rate_hz,
        )

    def run(self, planning: PlanningConfig, seed: int, index: int) -> EpisodeResult:
        config = replace(self._base.config, planning=planning, seed=seed)
        if config != self._runner.config:
            self._runner = EpisodeRunner(
                config, self._base.environment, self._base.model, backend=self._base.agent.backend
            )
        return self._runner.run(PLANNER, index)


_config: EvaluationConfig | None = None
_worker: Worker | None = None


@contextmanager
def local_pool(config: EvaluationConfig, workers: int) -> Iterator[EpisodePool]:
    """A pool of `workers` processes."""
    with worker_processes(workers, _start, config) as pool:
        yield _LocalPool(pool)


class _LocalPool:
    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def subject(self) -> "Future[Subject]":
        return self._pool.submit(_subject)

    def submit(self, planning: PlanningConfig, seed: int, index: int) -> "Future[EpisodeResult]":
        return self._pool.submit(_run, planning, seed, index)


def _start(config: EvaluationConfig) -> None:
    """The model waits for the first job, whose error the parent hears."""
    global _config  # noqa: PLW0603  (a process pool has no other place for what a worker keeps)
    _config = config
    obey_parent()


def worker_of(config: EvaluationConfig) -> Worker:
    """This process's worker for `config`, loaded when it is first asked for."""
    global _config, _worker
    if _worker is None or _config != config:
        _config, _worker = config, Worker(load_runner(config))
    return _worker


def _present() -> Worker:
    if _config is None:
        raise RuntimeError("a worker was used before it was started")
    return worker_of(_config)


def _subject() -> Subject:
    return _present().subject()


def _run(planning: PlanningConfig, seed: int, index: int) -> EpisodeResult:
    return _present().run(planning, seed, index)
