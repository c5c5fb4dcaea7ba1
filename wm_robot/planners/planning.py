"""All settings of a plan in one place: which search, which costs, how long it may take."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.core.clock import Clock
from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import from_json
from wm_robot.core.types import Goal
from wm_robot.planners.costs.cost import GoalCost
from wm_robot.planners.costs.registry import COSTS
from wm_robot.planners.planner import PlannerConfig, SamplingPlanner
from wm_robot.planners.registry import make_planner


def _time_to_goal() -> dict[str, dict[str, Any]]:
    return {"temporal_distance": {"terminal": 1.0, "running": 1.0}}


@dataclass(frozen=True, kw_only=True)
class PlanningConfig:
    """What a checkpoint carries under "planning": the settings that it was validated with.

    Args:
        planner: the algorithm of the search, an entry of `PLANNERS`.
        search: size and spread of the search.
        options: the algorithm's own settings by name; its defaults where absent.
        costs: settings of each cost by its name in `COSTS`; they add up.
        budget_s: time for one decision, encoding included; None for all iterations, however long
            they take, which alone makes a plan a function of its inputs.
    """

    planner: str = "cem"
    search: PlannerConfig = field(default_factory=PlannerConfig)
    options: dict[str, Any] = field(default_factory=dict)
    costs: dict[str, dict[str, Any]] = field(default_factory=_time_to_goal)
    budget_s: Annotated[float, Bounds(0.0, 60.0, excluded=(0.0,))] | None = None

    def __post_init__(self) -> None:
        check_fields(self, "planning")

    def make_planner(self, nu: int, clock: Clock | None = None) -> SamplingPlanner:
        return make_planner(self.planner, self.search, nu, options=self.options, clock=clock)

    def make_costs(self) -> tuple[GoalCost, ...]:
        return tuple(
            from_json(COSTS.get(name), settings, f"cost {name}") for name, settings in self.costs.items()
        )


@dataclass(frozen=True, kw_only=True)
class PlanningOverrides:
    """Changes to planning settings; what is None stays as it was.

    Args:
        planner: cem, icem, mppi or predictive_sampling; another one starts from its own defaults.
        samples: candidates in each round of planning.
        iterations: rounds of planning.
        horizon: steps looked ahead.
        knots: free actions within the horizon.
        budget_ms: time for one decision; results then depend on the machine's speed.
    """

    planner: str | None = None
    samples: int | None = None
    iterations: int | None = None
    horizon: int | None = None
    knots: int | None = None
    budget_ms: float | None = None

    def applied_to(self, planning: PlanningConfig) -> PlanningConfig:
        """`planning` with these changes; raises WmrError where they make no valid settings."""
        names = ("samples", "iterations", "horizon", "knots")
        search = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        changed = replace(planning, search=replace(planning.search, **search))
        if self.planner is not None and self.planner != planning.planner:
            changed = replace(changed, planner=self.planner, options={})
        if self.budget_ms is not None:
            changed = replace(changed, budget_s=1e-3 * self.budget_ms)
        changed.make_planner(nu=1)
        return changed


def for_goal(planning: PlanningConfig, goal: Goal) -> PlanningConfig:
    """`planning` with a cost that reads `goal`; those of pictures price nothing towards a pose."""
    if goal.pose is None or "pose" in planning.costs:
        return planning
    return replace(planning, costs={**planning.costs, "pose": {"terminal": 1.0, "running": 1.0}})


def planning_from_json(data: Mapping[str, Any]) -> PlanningConfig:
    """The planning settings of a checkpoint; a name or field that does not exist is an error."""
    config = from_json(PlanningConfig, dict(data), "planning")
    config.make_planner(nu=1)
    config.make_costs()
    return config


def read_planning(path: Path) -> PlanningConfig:
    """The planning settings in a JSON file."""
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise WmrError(f"cannot read planning settings from {path}: {error}") from error
    return planning_from_json(data)


def greedy(planning: PlanningConfig) -> PlanningConfig:
    """The one-step baseline: best single action, with the same costs and as many candidates in all."""
    search = planning.search
    return replace(
        planning,
        planner="predictive_sampling",
        options={},
        search=PlannerConfig(horizon=1, samples=search.samples * search.iterations, iterations=1, noise=1.0),
    )
