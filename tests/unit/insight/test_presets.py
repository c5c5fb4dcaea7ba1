"""Presets are kept whole, and bad ones are refused in words."""

import json
from dataclasses import replace

import pytest
import yaml

from wm_robot.cli.arm_loop import preset_planning
from wm_robot.core.errors import MismatchError, WmrError
from wm_robot.core.serialization import to_json
from wm_robot.insight.presets import LAST_GOOD, Preset, PresetFolder, read_preset, ros_parameters
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.runtime.planner_settings import apply, planner_settings

PLANNING = PlanningConfig(
    planner="mppi",
    search=PlannerConfig(horizon=4, knots=2, samples=77),
    options={"temperature": 0.3},
    costs={"posture": {"terminal": 2.0, "running": 0.5}},
    budget_s=0.08,
)
PRESET = Preset(name="quick push", robot="panda", task="push", planning=PLANNING)


@pytest.fixture
def folder(tmp_path):
    return PresetFolder(path=tmp_path / "presets")


def test_a_preset_comes_back_as_it_was_saved(folder):
    file = folder.save(PRESET)
    assert read_preset(file) == PRESET
    assert folder.read() == ({"quick push": PRESET}, {})


def test_planning_settings_alone_are_a_preset_for_any_robot(tmp_path):
    file = tmp_path / "bare.json"
    file.write_text(json.dumps(to_json(PLANNING)))
    assert read_preset(file) == Preset(name="bare", planning=PLANNING)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(colour="red"), r"preset has unknown fields \['colour'\]"),
        (lambda d: d.pop("name"), r"lacks fields \['name'\]"),
        (lambda d: d["planning"].update(speed=1), r"planning has unknown fields \['speed'\]"),
        (lambda d: d["planning"]["search"].update(samples=1), "planner samples is 1; valid: 2 to 1000000"),
        (lambda d: d["planning"]["search"].update(knots=9), "knots"),
        (lambda d: d["planning"].update(planner="magic"), "unknown planner 'magic'"),
        (lambda d: d["planning"]["options"].update(heat=1), "unknown fields"),
        (lambda d: d["planning"]["options"].update(temperature=-1.0), "temperature is -1.0"),
        (lambda d: d["planning"]["costs"].update(beauty={}), "unknown cost 'beauty'"),
        (lambda d: d.update(planning=[]), "must be a JSON object"),
        (lambda d: d["planning"].update(costs=[]), "planning.costs must be a JSON object, got list"),
        (lambda d: d["planning"].update(costs={"pose": 3}), "costs.pose must be a JSON object, got int"),
        (lambda d: d["planning"].update(options=[1]), "options must be a JSON object, got list"),
    ],
)
def test_what_is_wrong_with_a_preset_is_said_in_one_line_and_nothing_else_is_lost(folder, change, message):
    folder.save(PRESET)
    data = to_json(PRESET)
    change(data)
    bad = folder.path / "bad.json"
    bad.write_text(json.dumps(data))
    with pytest.raises(WmrError, match=message):
        read_preset(bad)
    presets, broken = folder.read()
    assert presets == {"quick push": PRESET}
    assert list(broken) == ["bad.json"]


def test_half_a_file_is_told_apart(folder):
    file = folder.save(PRESET)
    file.write_text(file.read_text()[:40])
    assert "cannot read the preset" in folder.read()[1][file.name]


@pytest.mark.parametrize("name", ["", "../up", "a/b", " x", "n" * 65])
def test_a_name_that_is_no_files_is_refused(name):
    with pytest.raises(WmrError, match="is no name for a preset"):
        replace(PRESET, name=name)


def test_a_rollback_returns_to_the_settings_that_were_kept(folder):
    with pytest.raises(WmrError, match="no last good settings yet"):
        folder.last_good("left")
    folder.keep_good(PRESET, "left")
    assert folder.last_good("left") == replace(PRESET, name=f"{LAST_GOOD} left")


def test_each_arm_has_a_way_back_of_its_own(folder):
    other = replace(PRESET, planning=replace(PLANNING, budget_s=0.3))
    folder.keep_good(PRESET, "left")
    folder.keep_good(other, "a name:of/any kind" + 60 * "g")
    assert folder.last_good("left").planning == PLANNING
    assert folder.last_good("a name:of/any kind" + 60 * "g").planning == other.planning


def test_nobody_saves_settings_under_a_name_of_the_way_back(folder):
    with pytest.raises(WmrError, match="name of the way back"):
        folder.save(replace(PRESET, name=f"{LAST_GOOD} left"))


def test_a_ros_parameter_file_says_the_same_settings():
    parameters = flat(yaml.safe_load(ros_parameters(PRESET))["/**/planner"]["ros__parameters"])
    assert set(parameters) == {setting.name for setting in planner_settings(PLANNING)}
    assert apply(PlanningConfig(), parameters) == PLANNING


def flat(tree, prefix=""):
    """Dotted names, as ROS makes them of a nested file."""
    return {
        name: value
        for key, branch in tree.items()
        for name, value in (
            flat(branch, f"{prefix}{key}.") if isinstance(branch, dict) else {f"{prefix}{key}": branch}
        ).items()
    }


def test_a_run_plans_as_its_preset_says_and_refuses_another_robots(folder):
    file = folder.save(PRESET)
    assert preset_planning(file, "panda") == PLANNING
    assert preset_planning(None, "panda") is None
    with pytest.raises(MismatchError, match="is for panda, not ur5e"):
        preset_planning(file, "ur5e")
