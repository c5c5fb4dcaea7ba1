"""Many episodes, in this process or several."""

from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from typing import Any

from wm_robot.evaluation.config import EvaluationConfig
from wm_robot.evaluation.episodes import EpisodeResult, EpisodeRunner, load_runner
from wm_robot.evaluation.summary import summarize
from wm_robot.runtime.worker_processes import obey_parent, worker_processes

OnResult = Callable[[EpisodeResult, int], None]
"""Called with an episode's result and the number of episodes in all."""

_runner: EpisodeRunner | None = None
"""The runner of a worker process, loaded once."""


def evaluate(config: EvaluationConfig, on_result: OnResult = lambda result, total: None) -> dict[str, Any]:
    """Run every episode of `config` and return the summary as JSON data; see `summarize`.

    The figures do not depend on the number of workers, but for the planning times, and unless a
    planning budget makes the plans depend on the machine's speed.

    Args:
        config: what to measure.
        on_result: called after each episode, in the order in which they end.

    Raises:
        WmrError: anything in the config that does not exist or does not fit, before the first episode.
    """
    runner = load_runner(config)
    jobs = runner.jobs
    results: list[EpisodeResult] = []
    for result in _alone(runner, jobs) if config.workers == 1 else _together(config, jobs):
        results.append(result)
        on_result(result, len(jobs))
    return summarize(config, results, planning=runner.planning, sha256=runner.model.sha256)


def _alone(runner: EpisodeRunner, jobs: list[tuple[str, int]]) -> Iterator[EpisodeResult]:
    for actor, index in jobs:
        yield runner.run(actor, index)


def _together(config: EvaluationConfig, jobs: list[tuple[str, int]]) -> Iterator[EpisodeResult]:
    with worker_processes(config.workers, _load, config) as pool:
        for done in as_completed([pool.submit(_run, *job) for job in jobs]):
            yield done.result()


def _load(config: EvaluationConfig) -> None:
    global _runner  # noqa: PLW0603  (a process pool has no other place for what a worker keeps)
    obey_parent()
    _runner = load_runner(config)


def _run(actor: str, index: int) -> EpisodeResult:
    if _runner is None:
        raise RuntimeError("a worker was used before it was loaded")
    return _runner.run(actor, index)
