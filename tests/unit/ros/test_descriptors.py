"""Settings in the words of ROS parameters."""

import array

import pytest
from wm_controllers.filters.safety_config import SafetyConfig
from wm_robot_ros.descriptors import as_typed, describe, from_ros, none_value, to_ros

from wm_robot.core.bounds import Bounds
from wm_robot.core.errors import WmrError
from wm_robot.planners import PlanningConfig
from wm_robot.runtime.planner_settings import planner_settings
from wm_robot.runtime.settings import Setting, settings_of


def setting(type_=float, default=1.0, **rest):
    return Setting(name="thing", type=type_, default=default, **rest)


def test_help_unit_range_and_type_reach_the_descriptor():
    found = describe(setting(bounds=Bounds(0, 9), unit="s", help="how long."))
    assert (found.type, found.description, found.range) == (3, "how long [s]", (0.0, 9.0))
    assert found.constraints == ""


def test_the_range_has_the_parameters_own_number_type():
    low, high = describe(setting(bounds=Bounds(0, 9))).range
    assert (type(low), type(high)) == (float, float)  # rosidl refuses an int there
    low, high = describe(setting(int, 1, bounds=Bounds(0.0, 9.0))).range
    assert (type(low), type(high)) == (int, int)


def test_constraints_say_what_a_range_cannot():
    assert (
        describe(setting(bounds=Bounds(0, 9, excluded=(0,)), unit="s")).constraints == "above 0, at most 9 s"
    )
    assert describe(setting(str, "a", choices=("a", "b"))).constraints == "one of a, b"
    each = describe(setting(float, (), many=True, bounds=Bounds(0, 9)))
    assert (each.type, each.range, each.constraints) == (8, None, "each 0 to 9")


@pytest.mark.parametrize(
    ("optional", "nothing", "said"),
    [
        (setting(str, None, optional=True), "", "empty for none"),
        (setting(int, None, optional=True, bounds=Bounds(1, 9)), 0, "0 for none"),
        (setting(float, None, optional=True, bounds=Bounds(0, 9, excluded=(0,))), 0.0, "none"),
        (setting(float, None, optional=True, many=True), (), "empty for none"),
    ],
)
def test_none_has_a_value_that_means_nothing_else(optional, nothing, said):
    assert none_value(optional) == nothing
    assert said in describe(optional).constraints
    assert from_ros(optional, to_ros(optional, None)) is None


def test_the_range_of_an_optional_number_holds_the_value_for_none():
    assert describe(setting(int, None, optional=True, bounds=Bounds(1, 9))).range == (0, 9)


def test_an_optional_number_that_may_be_0_is_a_defect():
    with pytest.raises(TypeError, match="thing may be None, and no float is left"):
        describe(setting(float, None, optional=True, bounds=Bounds(0, 9)))


def test_values_come_back_in_the_librarys_types():
    numbers = setting(float, (), many=True)
    assert from_ros(numbers, array.array("d", [1.0, 2.0])) == (1.0, 2.0)
    assert from_ros(numbers, [1, 2]) == (1.0, 2.0)
    assert from_ros(numbers, []) == from_ros(numbers, None) == ()
    assert type(from_ros(setting(), 1)) is float
    with pytest.raises(WmrError, match="thing is 'x'; valid: a number"):
        from_ros(setting(), "x")
    with pytest.raises(WmrError, match="thing is 3; valid: a list, each entry a number"):
        from_ros(numbers, 3)
    with pytest.raises(WmrError, match="thing is 'ab'; valid: a list, each entry a text"):
        from_ros(setting(str, (), many=True), "ab")


def test_whole_numbers_are_doubles_where_doubles_are_wanted():
    numbers = setting(float, (), many=True)
    assert [type(entry) for entry in as_typed(numbers, array.array("l", [1, 2]))] == [float, float]
    assert type(as_typed(setting(), 0)) is float
    assert as_typed(setting(), True) is True  # no number
    assert type(as_typed(setting(int, 1), 0)) is int
    assert as_typed(setting(str, (), many=True), ["ab"]) == ["ab"]


@pytest.mark.parametrize("settings", [planner_settings(PlanningConfig()), settings_of(SafetyConfig)])
def test_every_setting_of_the_library_survives_the_way_through_a_parameter(settings):
    for one in settings:
        described = describe(one)
        assert described.description
        assert from_ros(one, to_ros(one, one.default)) == one.default
        if described.range is not None:
            assert described.range[0] <= to_ros(one, one.default) <= described.range[1]
