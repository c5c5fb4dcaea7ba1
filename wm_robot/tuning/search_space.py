"""What a study varies, how far, and the planning settings that a choice stands for.

The names are those of `planner_settings`. A range lies within the setting's own bounds, and covers what is
worth a trial rather than all that is valid: nobody plans with a million samples on a control computer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wm_robot.core.errors import UnknownNameError
from wm_robot.planners.costs.cost import WEIGHTS
from wm_robot.planners.planning import PlanningConfig
from wm_robot.planners.registry import PLANNERS
from wm_robot.runtime.planner_settings import apply, planner_settings
from wm_robot.runtime.settings import Setting


@dataclass(frozen=True, kw_only=True)
class Range:
    """From where to where a number is varied; `log` where factors matter rather than differences."""

    low: float
    high: float
    log: bool = False


ELITES = {
    "elite_fraction": Range(low=0.03, high=0.3, log=True),
    "smoothing": Range(low=0.0, high=0.5),
    "min_noise": Range(low=0.005, high=0.2, log=True),
}

RANGES: Mapping[str, Range] = {
    "horizon": Range(low=1, high=10, log=True),
    "knots": Range(low=1, high=10, log=True),
    "samples": Range(low=16, high=512, log=True),
    "iterations": Range(low=1, high=8, log=True),
    "noise": Range(low=0.1, high=1.5, log=True),
    "noise_decay": Range(low=0.4, high=1.0),
    **{f"cem.{name}": range_ for name, range_ in ELITES.items()},
    **{f"icem.cem.{name}": range_ for name, range_ in ELITES.items()},
    "icem.noise_exponent": Range(low=0.0, high=4.0),
    "icem.keep_fraction": Range(low=0.0, high=1.0),
    "icem.sample_decay": Range(low=1.0, high=2.0),
    "mppi.temperature": Range(low=0.01, high=3.0, log=True),
}
CHOICES = ("planner", "interpolation", "returns")
WEIGHT_FACTOR = 10.0
"""A cost's weight is varied from a tenth of the checkpoint's to ten times it."""


class Suggest(Protocol):
    """Chooses values; optuna.Trial is one."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any: ...
    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int: ...
    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One setting that is varied: a choice where it has no range."""

    setting: Setting
    range: Range | None = None

    @property
    def planner(self) -> str | None:
        """The only planner that this is an option of, None for what all have."""
        prefix, dot, _ = self.setting.name.partition(".")
        return prefix if dot and prefix in PLANNERS else None

    def suggested(self, suggest: Suggest) -> Any:
        name = self.setting.name
        if self.range is None:
            return suggest.suggest_categorical(name, self.setting.choices)
        low, high, log = self.range.low, self.range.high, self.range.log
        if self.setting.type is int:
            return suggest.suggest_int(name, int(low), int(high), log=log)
        return suggest.suggest_float(name, low, high, log=log)


class SearchSpace:
    """All settings that a study varies around the planning settings of a checkpoint.

    A range is widened where the checkpoint's own value lies outside, so that the baseline is a point of the
    space. Of the costs, only those in force are varied, and of the weights all but the first: plans are the
    same for weights that are all doubled.

    Args:
        planning: the settings to begin with.
        only: names of those that are varied; all when empty.

    Raises:
        UnknownNameError: a name in `only` that is no setting of this space.
    """

    def __init__(self, planning: PlanningConfig, only: Sequence[str] = ()) -> None:
        self.planning = planning
        found = {dimension.setting.name: dimension for dimension in _dimensions(planning)}
        for name in only:
            if name not in found:
                raise UnknownNameError("setting to tune", name, found)
        self.dimensions = tuple(d for name, d in found.items() if not only or name in only)

    def suggested(self, suggest: Suggest) -> PlanningConfig:
        """The planning settings that `suggest` chooses."""
        chosen: dict[str, Any] = {}
        for dimension in self.dimensions:
            planner = chosen.get("planner", self.planning.planner)
            if dimension.planner in (None, planner):
                chosen[dimension.setting.name] = dimension.suggested(suggest)
        return self._applied(chosen)

    def baseline(self) -> dict[str, Any]:
        """The choice that stands for the settings to begin with."""
        return {
            d.setting.name: _own_value(d.setting, self.planning)
            for d in self.dimensions
            if d.planner in (None, self.planning.planner)
        }

    def described(self) -> dict[str, Any]:
        """What is varied and how far, as JSON data."""
        return {
            d.setting.name: list(d.setting.choices)
            if d.range is None
            else [d.range.low, d.range.high, "log" if d.range.log else "linear"]
            for d in self.dimensions
        }

    def _applied(self, chosen: Mapping[str, Any]) -> PlanningConfig:
        search = self.planning.search
        horizon = chosen.get("horizon", search.horizon)
        # As many free actions as steps is what 0 says, whatever the horizon; more there cannot be.
        knots = chosen.get("knots", search.knots or horizon)
        return apply(self.planning, {**chosen, "knots": 0 if knots >= horizon else knots})


def _dimensions(planning: PlanningConfig) -> list[Dimension]:
    weights = [
        s.name for s in planner_settings(planning) if s.name.rpartition(".")[2] in WEIGHTS and s.default > 0
    ]
    found: list[Dimension] = []
    for setting in planner_settings(planning):
        if setting.name in CHOICES:
            found.append(Dimension(setting=setting))
        elif setting.name in RANGES:
            found.append(_ranged(setting, RANGES[setting.name], planning))
        elif setting.name in weights[1:]:
            factor = setting.default * WEIGHT_FACTOR
            low = setting.default / WEIGHT_FACTOR
            high = factor if setting.high is None else min(factor, setting.high)
            found.append(_ranged(setting, Range(low=low, high=high, log=True), planning))
    return found


def _ranged(setting: Setting, range_: Range, planning: PlanningConfig) -> Dimension:
    own = _own_value(setting, planning)
    log = range_.log and own > 0
    return Dimension(
        setting=setting, range=Range(low=min(range_.low, own), high=max(range_.high, own), log=log)
    )


def _own_value(setting: Setting, planning: PlanningConfig) -> Any:
    return planning.search.knot_count if setting.name == "knots" else setting.default
