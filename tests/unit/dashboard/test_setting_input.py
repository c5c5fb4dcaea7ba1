"""A slider is fine enough to be used, and never leaves the bounds."""

import pytest

from wm_robot.core.bounds import Bounds
from wm_robot.dashboard.setting_input import round_up, slider_range
from wm_robot.planners import PlanningConfig
from wm_robot.runtime.planner_settings import planner_settings
from wm_robot.runtime.settings import Setting


def setting(kind, default, low, high, **more):
    return Setting(name="x", type=kind, default=default, bounds=Bounds(low, high, **more))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (setting(int, 128, 2, 1_000_000), (2, 1000, 1)),  # 4 · 128 = 512, rounded up to 1000
        (setting(int, 3, 1, 1000), (1, 20, 1)),
        (setting(int, 2, 1, 4), (1, 4, 1)),  # the bounds are nearer
        (setting(float, 0.6, 0.0, 10.0), (0.0, 5.0, 0.001)),
        (setting(float, 0.1, 0.0, 1.0, excluded=(0.0, 1.0)), (0.001, 0.999, 0.001)),
        (setting(float, 0.0, 0.0, 60_000.0, unit="ms"), None),
    ],
)
def test_a_slider_ends_near_the_value_and_within_the_bounds(given, expected):
    if expected is not None:
        assert slider_range(given) == pytest.approx(expected)


def test_a_range_moves_along_with_a_value():
    samples = setting(int, 128, 2, 1_000_000)
    assert slider_range(samples, 4000) == (2, 20_000, 1)


def test_a_budget_of_none_still_has_a_slider():
    (budget,) = (s for s in planner_settings(PlanningConfig()) if s.name == "budget_ms")
    assert slider_range(budget) == pytest.approx((0.0, 200.0, 0.1))


def test_every_setting_of_the_planner_lies_within_its_slider():
    for each in planner_settings(PlanningConfig()):
        if each.bounds is not None:
            low, high, step = slider_range(each)
            assert each.bounds.low <= low <= each.default <= high <= each.bounds.high
            assert 0 < step <= high - low


def test_rounding_up_goes_to_1_2_or_5():
    assert [round_up(v) for v in (0, 0.3, 1, 12, 30, 501)] == [0, 0.5, 1, 20, 50, 1000]
