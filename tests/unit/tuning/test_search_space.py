"""What is varied, how far, and what a choice means."""

from dataclasses import replace

import pytest

from wm_robot.core.errors import UnknownNameError
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.planners.registry import PLANNERS
from wm_robot.runtime.planner_settings import planner_settings
from wm_robot.tuning.search_space import CHOICES, RANGES, SearchSpace

PLANNING = PlanningConfig(
    search=PlannerConfig(horizon=5, knots=2, samples=128, iterations=5),
    options={"elite_fraction": 0.05},
    costs={"posture": {"terminal": 1.0, "running": 2.0}, "smoothness": {"weight": 0.1}},
)


class Chooses:
    """Suggests given values, or else the low end; remembers what it was asked."""

    def __init__(self, **given):
        self.given, self.asked = given, {}

    def _value(self, name, otherwise, limits):
        self.asked[name] = limits
        return self.given.get(name.replace(".", "__"), otherwise)

    def suggest_categorical(self, name, choices):
        return self._value(name, choices[0], tuple(choices))

    def suggest_int(self, name, low, high, *, log=False):
        return self._value(name, low, (low, high, log))

    def suggest_float(self, name, low, high, *, log=False):
        return self._value(name, low, (low, high, log))


def test_every_range_is_within_the_bounds_of_a_setting_that_exists():
    settings = {setting.name: setting for setting in planner_settings(PLANNING)}
    for name, range_ in RANGES.items():
        assert settings[name].bounds.contain(range_.low), name
        assert settings[name].bounds.contain(range_.high), name
        assert range_.low < range_.high
        assert range_.low > 0 or not range_.log
    assert all(settings[name].choices for name in CHOICES)


@pytest.mark.parametrize("planner", list(PLANNERS))
def test_the_options_of_the_chosen_planner_are_varied_and_no_others(planner):
    chooses = Chooses(planner=planner)
    planning = SearchSpace(PLANNING).suggested(chooses)
    assert planning.planner == planner
    others = {name.partition(".")[0] for name in chooses.asked if "." in name} - {"posture", "smoothness"}
    assert others == ({planner} if PLANNERS.get(planner).Config is not None else set())


def test_the_baseline_is_the_checkpoints_own_settings_exactly():
    for planning in (PLANNING, replace(PLANNING, search=PlannerConfig()), PlanningConfig(planner="mppi")):
        space = SearchSpace(planning)
        given = {name.replace(".", "__"): value for name, value in space.baseline().items()}
        assert space.suggested(Chooses(**given)) == planning


def test_a_range_grows_to_hold_the_checkpoints_own_value():
    planning = replace(PLANNING, search=PlannerConfig(horizon=40, samples=4000))
    described = SearchSpace(planning).described()
    assert described["samples"] == [16, 4000, "log"]
    assert described["horizon"] == [1, 40, "log"]
    assert described["iterations"] == [1, 8, "log"]


def test_no_more_knots_than_steps():
    assert SearchSpace(PLANNING).suggested(Chooses(horizon=3, knots=7)).search.knots is None
    assert SearchSpace(PLANNING).suggested(Chooses(horizon=8, knots=7)).search.knots == 7


def test_weights_are_varied_but_for_the_first_to_which_the_others_are_relative():
    described = SearchSpace(PLANNING).described()
    assert "posture.terminal" not in described
    assert described["posture.running"] == [0.2, 20.0, "log"]
    assert described["smoothness.weight"] == [pytest.approx(0.01), pytest.approx(1.0), "log"]
    assert "pose.terminal" not in described  # not in force


def test_only_the_named_settings_are_varied_and_unknown_ones_refused():
    space = SearchSpace(PLANNING, ("samples", "iterations"))
    planning = space.suggested(Chooses(samples=64, iterations=2))
    assert planning == replace(PLANNING, search=replace(PLANNING.search, samples=64, iterations=2))
    with pytest.raises(UnknownNameError, match=r"unknown setting to tune 'sample'; valid: .*samples"):
        SearchSpace(PLANNING, ("sample",))
