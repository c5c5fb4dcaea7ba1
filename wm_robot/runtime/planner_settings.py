"""The settings of a planner as one flat list, for people who tune it while it runs.

Names are those of `PlannerConfig`, "planner", "budget_ms", "<cost>.<field>" for every cost, in force or not,
and "<planner>.<field>" for every algorithm's own options. What is None in the dataclasses is 0 here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wm_robot.core.bounds import Bounds, field_types
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.core.serialization import from_json, to_json
from wm_robot.planners.costs import COSTS, GoalCost
from wm_robot.planners.costs.cost import WEIGHTS
from wm_robot.planners.planner import PlannerConfig
from wm_robot.planners.planning import PlanningConfig
from wm_robot.planners.registry import PLANNERS
from wm_robot.runtime.settings import Setting, settings_of, with_changes


def planner_settings(planning: PlanningConfig) -> list[Setting]:
    """All settings of a planner; the defaults are what `planning` says."""
    search = {setting.name: setting for setting in settings_of(planning.search)}
    free = search["knots"]
    assert free.bounds is not None
    search["knots"] = replace(
        free,
        default=free.default or 0,
        bounds=replace(free.bounds, low=0),
        optional=False,
        help="M, free actions within the horizon; 0 for one a step.",
    )
    return [
        Setting(
            name="planner",
            type=str,
            default=planning.planner,
            choices=tuple(PLANNERS),
            help="the algorithm of the search; each has its own options.",
        ),
        *search.values(),
        _budget(planning),
        *(s for name in _with_options() for s in settings_of(_options(planning, name), name)),
        *(s for name in COSTS for s in _of_cost(planning, name)),
    ]


def apply(planning: PlanningConfig, changes: Mapping[str, Any]) -> PlanningConfig:
    """`planning` with the settings in `changes`; one that is not named stays.

    Options of an algorithm are checked, and without effect while another one is chosen. A cost whose
    weights are all 0 is left out.

    Raises:
        UnknownNameError: a name that is no setting, or a value that is none of the choices.
        WmrError: a value of the wrong type or out of bounds, or values that do not fit each other.
    """
    known = {setting.name: setting for setting in planner_settings(planning)}
    for name in changes:
        if name not in known:
            raise UnknownNameError("planner setting", name, known)
    checked = {name: known[name].checked(value) for name, value in changes.items()}
    # What stays keeps its very form: 1e-3 * 1e3 * x need not be x.
    new = {name: value for name, value in checked.items() if value != known[name].default}
    search = {name: new[name] for name in field_types(PlannerConfig) if name in new}
    if "knots" in search:
        search["knots"] = search["knots"] or None
    changed = replace(
        planning,
        planner=new.get("planner", planning.planner),
        search=replace(planning.search, **search),
        options=_changed_options(planning, new.get("planner", planning.planner), new),
        costs=_changed_costs(planning, new),
        budget_s=1e-3 * new["budget_ms"] or None if "budget_ms" in new else planning.budget_s,
    )
    changed.make_planner(nu=1)
    return changed


def _with_options() -> list[str]:
    return [name for name in PLANNERS if PLANNERS.get(name).Config is not None]


def _changed_options(planning: PlanningConfig, planner: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    own = _under(planner, changes)
    if own:
        return to_json(with_changes(_options(planning, planner), own))
    return planning.options if planner == planning.planner else {}


def _changed_costs(planning: PlanningConfig, changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    costs = dict(planning.costs)
    for name in COSTS:
        own = _under(name, changes)
        cost = with_changes(_cost(planning, name), own)
        if not any(getattr(cost, weight, 0.0) for weight in WEIGHTS):
            costs.pop(name, None)
        elif own:
            costs[name] = to_json(cost)
    if not costs:
        raise WmrError(f"the weights of all costs are 0; one of {', '.join(COSTS)} must have a positive one")
    return costs


def _options(planning: PlanningConfig, planner: str) -> Any:
    """The options of an algorithm: those of `planning`, or its defaults where another one is chosen."""
    config = PLANNERS.get(planner).Config
    assert config is not None
    own = planning.options if planner == planning.planner else {}
    return from_json(config, own, f"planner {planner}")


def _cost(planning: PlanningConfig, name: str) -> GoalCost:
    """A cost as in `planning`; with weights of 0 where it is left out there."""
    cost = COSTS.get(name)
    if name in planning.costs:
        return from_json(cost, planning.costs[name], f"cost {name}")
    return cost(**dict.fromkeys(field_types(cost).keys() & set(WEIGHTS), 0.0))


def _of_cost(planning: PlanningConfig, name: str) -> list[Setting]:
    """With what the cost is in each help: a weight by itself says no more than when it counts."""
    cost = _cost(planning, name)
    summary, *_ = (type(cost).__doc__ or "").partition("\n")
    return [replace(setting, help=f"{setting.help} {summary}") for setting in settings_of(cost, name)]


def _budget(planning: PlanningConfig) -> Setting:
    bounds = field_types(PlanningConfig)["budget_s"].bounds
    assert bounds is not None
    return Setting(
        name="budget_ms",
        type=float,
        default=1e3 * (planning.budget_s or 0.0),
        bounds=Bounds(0.0, 1e3 * bounds.high),
        unit="ms",
        help="time for one decision, encoding included; 0 for all iterations, however long they take.",
    )


def _under(prefix: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `changes` whose name starts with the prefix and a dot, without both."""
    dot = f"{prefix}."
    return {name.removeprefix(dot): value for name, value in changes.items() if name.startswith(dot)}
