"""Single evaluation episodes, by whatever acts in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from wm_robot.core.errors import MismatchError
from wm_robot.core.protocols import Environment
from wm_robot.core.seeding import derive_seed
from wm_robot.core.spaces import require_same
from wm_robot.core.types import Goal, Score
from wm_robot.evaluation.baselines import choose_baselines, scripted_baseline
from wm_robot.evaluation.config import PLANNER, EvaluationConfig
from wm_robot.evaluation.shifts import start_episode
from wm_robot.kernels.backend import Backend, make_backend
from wm_robot.planners.planning import PlanningConfig, greedy, planning_from_json
from wm_robot.planners.world_model import WorldModel
from wm_robot.runtime.actor import Actor
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.loop import run_simulated

if TYPE_CHECKING:
    from wm_robot.models import world_model


@dataclass(frozen=True, kw_only=True)
class EpisodeResult:
    """How one episode ended.

    Args:
        actor: who acted.
        index: of the episode; equal indices have equal starts and goals.
        success: the task's verdict after the last step.
        error: privileged distance to the goal then, in `unit`.
        unit: "m", "rad" or "reward".
        details: the task's further figures at the end.
        plan_ms: time of each decision.
    """

    actor: str
    index: int
    success: bool
    error: float
    unit: str
    details: dict[str, float]
    plan_ms: tuple[float, ...]

    @classmethod
    def of(cls, actor: str, index: int, final: Score, plan_ms: Iterable[float]) -> Self:
        """The result of an episode whose last score is `final`."""
        return cls(
            actor=actor,
            index=index,
            success=bool(final.success),
            error=float(final.error),
            unit=final.unit,
            details={name: float(value) for name, value in final.details.items()},
            plan_ms=tuple(map(float, plan_ms)),
        )


class EpisodeRunner:
    """Runs any episode of an evaluation; each depends on its index alone, not on what ran before.

    Args:
        config: of the evaluation.
        environment: of its task.
        model: its checkpoint.
        backend: a ready backend instead of the one the config names.

    Raises:
        MismatchError: a checkpoint for another robot, action space or observation space.
        UnknownNameError: a baseline that the environment does not have.
    """

    def __init__(
        self,
        config: EvaluationConfig,
        environment: Environment,
        model: WorldModel,
        *,
        backend: Backend | None = None,
    ) -> None:
        require_fit(model, environment)
        self.config = config
        self.environment = environment
        self._baselines = choose_baselines(config.baselines, environment)
        self.model = model
        planning = config.overrides.applied_to(config.planning or planning_from_json(model.config.planning))
        backend = backend or make_backend(config.backend, model.predictor_arrays())
        self._agents = {
            name: LatentMPC(model, settings, backend=backend)
            for name, settings in ((PLANNER, planning), ("greedy", greedy(planning)))
        }

    @property
    def agent(self) -> LatentMPC:
        """The planner in its loop."""
        return self._agents[PLANNER]

    @property
    def planning(self) -> PlanningConfig:
        """The settings that the planner runs with."""
        return self.agent.planning

    @property
    def jobs(self) -> list[tuple[str, int]]:
        """(actor, episode) of every run, the planner's first."""
        planned = [(PLANNER, i) for i in range(self.config.episodes)]
        count = min(self.config.episodes, self.config.baseline_episodes or self.config.episodes)
        return planned + [(name, i) for name in self._baselines for i in range(count)]

    def run(self, actor: str, index: int) -> EpisodeResult:
        """Episode `index` with the planner or a baseline acting."""
        config = self.config
        seed = derive_seed(config.seed, "eval", index)
        start, goal = start_episode(
            self.environment, seed, shift=config.shift, goal_before_shift=config.goal_before_shift
        )
        run = run_simulated(
            self.environment,
            self._prepared(actor, goal, seed),
            start,
            latency_steps=config.latency_steps,
        )
        return EpisodeResult.of(actor, index, run.scores[-1], (1e3 * s for s in run.plan_s))

    def _prepared(self, name: str, goal: Goal, seed: int) -> Actor:
        if name not in self._agents:
            return scripted_baseline(name, self.environment, seed)
        self._agents[name].reset(goal, seed)
        return self._agents[name]


def require_fit(model: WorldModel, environment: Environment) -> None:
    """Raise MismatchError where `model` was trained for something else than `environment`."""
    if model.config.robot != environment.robot_name:
        raise MismatchError(
            f"the checkpoint was trained on robot {model.config.robot!r}, "
            f"but {environment.name!r} has {environment.robot_name!r}"
        )
    require_same("the checkpoint's action space", model.action_space, environment.action_space)
    require_same("the checkpoint's observation space", model.observation_space, environment.observation_space)


def load_runner(config: EvaluationConfig) -> EpisodeRunner:
    """The runner for `config`, with its checkpoint and its environment loaded.

    Raises:
        CheckpointError: no whole checkpoint there.
        UnknownNameError: no such task.
        MismatchError: a checkpoint for another robot or task.
    """
    model = load_model(config.checkpoint)
    return EpisodeRunner(config, make_environment(config.task, model), model)


def load_model(checkpoint: Path) -> "world_model.WorldModel":
    from wm_robot.models.checkpoint import load_checkpoint  # noqa: PLC0415  (torch: a second to import)

    return load_checkpoint(checkpoint)


def make_environment(task: str, model: WorldModel) -> Environment:
    """The environment of `task` with the robot and the image size of `model`."""
    import wm_sim  # noqa: PLC0415  (opens OpenGL)

    height, _ = model.observation_space.image_size
    return wm_sim.make(task, robot=model.config.robot, image_size=height)
