"""What an evaluation measures."""

from dataclasses import dataclass, field
from pathlib import Path

from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.planners.planning import PlanningConfig, PlanningOverrides

PLANNER = "planner"
BASELINES = ("random", "hold", "greedy", "oracle")


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """Everything that the figures depend on; together with the checkpoint it reproduces them.

    Args:
        task: name of the environment.
        checkpoint: folder of the world model.
        planning: planner and costs; None for those in the checkpoint.
        overrides: changes to them.
        backend: rollout backend.
        episodes: number of held-out goals.
        seed: of the goals and of the planner; episode i has the same goal for every way of acting.
        baselines: which of BASELINES to run beside the planner; None for all that the environment has.
        baseline_episodes: goals for each baseline, the first of the planner's; None for all.
        shift: visual change of the scene, see the environment; None for none.
        goal_before_shift: whether the goal image was taken before the change.
        latency_steps: control periods that a decision takes; compensated.
        workers: processes. More than one per core distorts the planning times.
    """

    task: str
    checkpoint: Path
    planning: PlanningConfig | None = None
    overrides: PlanningOverrides = field(default_factory=PlanningOverrides)
    backend: str = "auto"
    episodes: int = 200
    seed: int = 1
    baselines: tuple[str, ...] | None = None
    baseline_episodes: int | None = None
    shift: str | None = None
    goal_before_shift: bool = False
    latency_steps: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        for name in ("episodes", "workers", "baseline_episodes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise WmrError(f"{name} is {value}; it must be at least 1")
        if self.latency_steps < 0:
            raise WmrError(f"latency_steps is {self.latency_steps}; it must not be negative")
        for name in self.baselines or ():
            if name not in BASELINES:
                raise UnknownNameError("baseline", name, BASELINES)
        if self.goal_before_shift and self.shift is None:
            raise WmrError("goal_before_shift needs a shift: without one no goal is older than the scene")
