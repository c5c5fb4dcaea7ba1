"""Planners by name."""

from collections.abc import Mapping
from typing import Any

from wm_robot.core.clock import Clock
from wm_robot.core.errors import WmrError
from wm_robot.core.registry import Registry
from wm_robot.core.serialization import from_json
from wm_robot.planners.planner import PlannerConfig, SamplingPlanner

PLANNERS: Registry[type[SamplingPlanner]] = Registry("planner")
PLANNERS.add("cem", "wm_robot.planners.cem:CEM")
PLANNERS.add("icem", "wm_robot.planners.icem:ICEM")
PLANNERS.add("mppi", "wm_robot.planners.mppi:MPPI")
PLANNERS.add("predictive_sampling", "wm_robot.planners.predictive_sampling:PredictiveSampling")


def make_planner(
    name: str,
    config: PlannerConfig,
    nu: int,
    *,
    options: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
) -> SamplingPlanner:
    """The planner called `name` for `nu` actions.

    Args:
        name: an entry of `PLANNERS`.
        config: size and spread of the search.
        nu: entries of an action.
        options: the algorithm's own settings, fields of its `Config`; defaults where absent.
        clock: measures phases and deadlines; the steady clock when None.

    Raises:
        UnknownNameError: no planner of that name.
        WmrError: a setting that the algorithm does not have.
    """
    algorithm = PLANNERS.get(name)
    if not options:
        return algorithm(config, nu, clock=clock)
    if algorithm.Config is None:
        raise WmrError(f"planner {name} has no settings of its own, but got {sorted(options)}")
    return algorithm(config, nu, from_json(algorithm.Config, dict(options)), clock=clock)
