"""Where episodes run when asked: the workers of a Ray cluster, one core each."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from wm_robot.core.errors import MissingDependencyError, WmrError
from wm_robot.evaluation.config import EvaluationConfig
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.planners.planning import PlanningConfig
from wm_robot.runtime.worker_processes import ONE_THREAD
from wm_robot.tuning.workers import EpisodePool, Subject, worker_of


@contextmanager
def ray_pool(config: EvaluationConfig) -> Iterator[EpisodePool]:
    """The cluster that RAY_ADDRESS names, or one of this machine alone that ends with the study.

    Every node needs this package and the checkpoint at the same path.

    Raises:
        MissingDependencyError: Ray is not installed.
    """
    try:
        ray = import_module("ray")  # optional
    except ImportError as error:
        raise MissingDependencyError("ray", "wmr tune --ray", "ray") from error
    ray.init(
        runtime_env={"env_vars": ONE_THREAD},
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
    )
    try:
        yield _RayPool(ray, config)
    finally:
        ray.shutdown()


class _RayPool:
    def __init__(self, ray: Any, config: EvaluationConfig) -> None:
        self._config = ray.put(config)
        self._run = ray.remote(num_cpus=1)(_run)
        self._subject = ray.remote(num_cpus=1)(_subject)

    def subject(self) -> "Future[Subject]":
        return _plain(self._subject.remote(self._config).future())

    def submit(self, planning: PlanningConfig, seed: int, index: int) -> "Future[EpisodeResult]":
        return _plain(self._run.remote(self._config, planning, seed, index).future())


def _plain(future: "Future[Any]") -> "Future[Any]":
    """`future`, whose WmrError comes as it was raised and not within Ray's report of where."""
    plain: Future[Any] = Future()

    def hand_over(done: "Future[Any]") -> None:
        error = done.exception()
        if error is None:
            plain.set_result(done.result())
        else:
            cause = getattr(error, "cause", None)
            plain.set_exception(cause if isinstance(cause, WmrError) else error)

    future.add_done_callback(hand_over)
    return plain


def _subject(config: EvaluationConfig) -> Subject:
    return worker_of(config).subject()


def _run(config: EvaluationConfig, planning: PlanningConfig, seed: int, index: int) -> EpisodeResult:
    return worker_of(config).run(planning, seed, index)
