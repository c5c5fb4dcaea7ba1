"""Named settings and the way back."""

import json
from dataclasses import replace

import pytest

from wm_robot.insight.presets import Preset, read_preset

from .conftest import VIEWER, click

pytest.importorskip("viser")
from wm_robot.dashboard.preset_controls import CHECKPOINT, PresetControls
from wm_robot.dashboard.staging import PROVED


@pytest.fixture
def controls(page):
    return PresetControls(page)


def save(controls, name):
    controls._name.value = name
    click(controls._save)


def test_what_is_staged_is_saved_for_runs_and_for_ros_and_loaded_again(controls, page, staging):
    staging.stage("samples", 256)
    save(controls, "many")
    file = page.subject.presets / "many.json"
    assert read_preset(file).planning.search.samples == 256
    assert (read_preset(file).robot, read_preset(file).task) == ("panda", "reach")
    assert "samples: 256" in file.with_suffix(".yaml").read_text()
    assert (controls._choice.options, controls._choice.value) == ((CHECKPOINT, "many"), "many")
    assert [(c.field, c.after) for c in page.audit.read()[0]] == [("preset", "saved many")]
    staging.discard()
    click(controls._load)
    assert staging.differences() == {"samples": (128, 256)}
    controls._choice.value = CHECKPOINT
    click(controls._load)
    assert staging.differences() == {}


def test_a_broken_preset_is_named_and_the_others_stay(page, staging):
    staging.stage("samples", 256)
    save(PresetControls(page), "many")
    (page.subject.presets / "bad.json").write_text('{"name": "bad", "planning": {"speed": 1}}')
    controls = PresetControls(page)
    assert controls._choice.options == (CHECKPOINT, "many")
    assert controls._broken.visible
    assert "unknown fields" in controls._broken.content
    assert "speed" in controls._broken.content


def test_a_preset_file_writes_no_script_into_the_page(page, staging):
    page.subject.presets.mkdir()
    script = "<img src=x onerror=alert(1)>"
    (page.subject.presets / "bad.json").write_text(json.dumps({"name": script, "planning": {}}))
    controls = PresetControls(page)
    assert "onerror=alert(1)" in controls._broken.content
    assert "<img" not in controls._broken.content


def test_a_preset_of_another_robot_is_not_loaded(controls, page, staging):
    staging.stage("samples", 256)
    save(controls, "many")
    file = page.subject.presets / "many.json"
    file.write_text(file.read_text().replace("panda", "ur5e"))
    staging.discard()
    click(controls._load)
    assert "is for ur5e, not panda" in page.told[-1][1]
    assert staging.differences() == {}


@pytest.mark.parametrize("name", ["", "a/b"])
def test_a_name_that_is_none_is_refused_in_words(name, controls, page):
    save(controls, name)
    assert "is no name for a preset" in page.told[-1][1]


def test_a_preset_is_replaced_only_when_it_is_saved_again(controls, page, staging):
    save(controls, "many")
    staging.stage("samples", 256)
    save(controls, "many")
    assert "save again to replace it" in page.told[-1][1]
    assert read_preset(page.subject.presets / "many.json").planning == staging.in_force
    save(controls, "many")
    assert read_preset(page.subject.presets / "many.json").planning.search.samples == 256


def test_a_rollback_keeps_nothing_of_what_it_flees_from(controls, page, staging, view):
    good = replace(staging.in_force, budget_s=0.2)
    staging.presets.keep_good(Preset(name="good", robot="panda", planning=good), page.subject.arm)
    for count in range(1, PROVED + 1):
        staging.saw(view(count).snapshot)
    staging.stage("samples", 256)
    click(controls._rollback)
    assert page.planner.asked[-1].planning == good
    assert staging.presets.last_good(page.subject.arm).planning == good
    assert staging.differences() == {}


def test_a_way_back_that_leads_nowhere_costs_no_staged_work(controls, page, staging):
    staging.stage("samples", 256)
    click(controls._rollback)
    assert "no last good settings yet" in page.told[-1][1]
    staging.presets.keep_good(Preset(name="good", robot="ur5e", planning=staging.in_force), page.subject.arm)
    click(controls._rollback)
    assert "is for ur5e, not panda" in page.told[-1][1]
    assert (page.planner.asked, staging.differences()) == ([], {"samples": (128, 256)})


def test_settings_with_a_fault_are_not_good(controls, page, staging, view):
    for count in range(1, PROVED + 1):
        shown = view(count)
        arm = replace(shown.snapshot.arm, faults=("stale camera",) if count == 5 else ())
        staging.saw(replace(shown.snapshot, arm=arm))
    staging.ask(replace(staging.in_force, budget_s=0.1), VIEWER)
    click(controls._rollback)
    assert "no last good settings yet" in page.told[-1][1]


def test_a_recorded_run_has_nothing_to_change(controls, page, staging, tmp_path):
    good = Preset(name="good", planning=replace(staging.in_force, planner="mppi"))
    staging.presets.keep_good(good, page.subject.arm)
    page.subject = replace(page.subject, replay=tmp_path)
    click(controls._rollback)
    assert "a recorded run has no planner to change" in page.told[-1][1]
    assert (page.planner.asked, staging.audit.read()) == ([], ([], 0))


def test_arms_that_share_a_folder_of_presets_do_not_roll_back_to_each_other(page):
    simulated = page.subject
    assert simulated.arm == "panda simulated reach"
    assert replace(simulated, station="left").arm == "left"
