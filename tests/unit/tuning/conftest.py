"""Studies of the point mass, run in this process."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from wm_robot.evaluation.config import EvaluationConfig
from wm_robot.evaluation.episodes import EpisodeResult, EpisodeRunner
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.tuning.config import TuningConfig
from wm_robot.tuning.workers import Worker

PLANNING = PlanningConfig(
    search=PlannerConfig(horizon=3, samples=32, iterations=2),
    costs={"latent_goal": {"metric": "flat", "terminal": 1.0, "running": 0.3}},
)


class PointMassPool:
    """One worker after the other's episodes; counts them, and can be told to stop like Ctrl-C does."""

    def __init__(self, worker):
        self.worker, self.asked, self.stop_after = worker, [], None
        self.threads = ThreadPoolExecutor(1)

    def subject(self):
        return self.threads.submit(self.worker.subject)

    def submit(self, planning, seed, index):
        if self.stop_after is not None and len(self.asked) >= self.stop_after:
            raise KeyboardInterrupt
        self.asked.append((planning, seed, index))
        return self.threads.submit(self.worker.run, planning, seed, index)

    @contextmanager
    def made(self, config, workers):
        yield self


@pytest.fixture
def pool(point_mass, point_mass_model, point_mass_backend):
    evaluation = EvaluationConfig(
        task="point_mass", checkpoint=Path("unused"), planning=PLANNING, episodes=1, baselines=()
    )
    runner = EpisodeRunner(evaluation, point_mass, point_mass_model, backend=point_mass_backend)
    return PointMassPool(Worker(runner))


@pytest.fixture
def config(tmp_path):
    return TuningConfig(
        task="point_mass",
        checkpoint=Path("unused"),
        output=tmp_path / "study",
        objectives=("success", "error"),
        budget=4,
        episodes=3,
        confirm_episodes=2,
    )


@pytest.fixture
def episode():
    """Makes an episode's result."""

    def make(*, success=True, error=0.01, plan_ms=(10.0, 10.0), index=0):
        return EpisodeResult(
            actor="planner",
            index=index,
            success=success,
            error=error,
            unit="m",
            details={},
            plan_ms=tuple(plan_ms),
        )

    return make
