"""Presets, rollback, shadow and the audit log."""

import json
from dataclasses import replace

import pytest

from wm_robot.insight.audit import NOT_BEFORE, AuditLog
from wm_robot.insight.presets import Preset, read_preset

from .conftest import VIEWER, click

pytest.importorskip("viser")
from wm_robot.dashboard.staging import PROVED, Staging
from wm_robot.dashboard.tuning_panel import CHECKPOINT, TuningPanel


@pytest.fixture
def panel(page):
    return TuningPanel(page)


@pytest.fixture
def staging(page):
    return Staging.of(page)


def save(panel, name):
    panel._name.value = name
    click(panel._save)


def test_what_is_staged_is_saved_for_runs_and_for_ros_and_loaded_again(panel, page, staging):
    staging.stage("samples", 256)
    save(panel, "many")
    file = page.subject.presets / "many.json"
    assert read_preset(file).planning.search.samples == 256
    assert (read_preset(file).robot, read_preset(file).task) == ("panda", "reach")
    assert "samples: 256" in file.with_suffix(".yaml").read_text()
    assert (panel._choice.options, panel._choice.value) == ((CHECKPOINT, "many"), "many")
    assert [(c.field, c.after) for c in page.audit.read()[0]] == [("preset", "saved many")]
    staging.discard()
    click(panel._load)
    assert staging.differences() == {"samples": (128, 256)}
    panel._choice.value = CHECKPOINT
    click(panel._load)
    assert staging.differences() == {}


def test_a_viewer_saves_loads_and_rolls_back_nothing(panel, page, staging):
    panel._name.value = "mine"
    for button in (panel._save, panel._load, panel._rollback, panel._switch):
        click(button, VIEWER)
    assert not page.subject.presets.exists()
    assert (page.planner.asked, panel._shadow) == ([], None)


def test_a_broken_preset_is_named_and_the_others_stay(page, staging):
    staging.stage("samples", 256)
    save(TuningPanel(page), "many")
    (page.subject.presets / "bad.json").write_text('{"name": "bad", "planning": {"speed": 1}}')
    panel = TuningPanel(page)
    assert panel._choice.options == (CHECKPOINT, "many")
    assert panel._broken.visible
    assert "unknown fields" in panel._broken.content
    assert "speed" in panel._broken.content


def test_a_preset_file_writes_no_script_into_the_page(page, staging):
    page.subject.presets.mkdir()
    script = "<img src=x onerror=alert(1)>"
    (page.subject.presets / "bad.json").write_text(json.dumps({"name": script, "planning": {}}))
    panel = TuningPanel(page)
    assert "onerror=alert(1)" in panel._broken.content
    assert "<img" not in panel._broken.content


def test_a_preset_of_another_robot_is_not_loaded(panel, page, staging):
    staging.stage("samples", 256)
    save(panel, "many")
    file = page.subject.presets / "many.json"
    file.write_text(file.read_text().replace("panda", "ur5e"))
    staging.discard()
    click(panel._load)
    assert "is for ur5e, not panda" in page.told[-1][1]
    assert staging.differences() == {}


@pytest.mark.parametrize("name", ["", "a/b"])
def test_a_name_that_is_none_is_refused_in_words(name, panel, page):
    save(panel, name)
    assert "is no name for a preset" in page.told[-1][1]


def test_a_rollback_returns_to_settings_that_had_proved_themselves(panel, page, staging, view):
    click(panel._rollback)
    assert "no last good settings yet" in page.told[-1][1]
    good = staging.in_force
    for count in range(1, PROVED + 1):
        panel.show(view(count))
    bad = replace(good, search=replace(good.search, samples=4))
    staging.ask(bad, VIEWER)
    shown = view(11)
    decision = replace(shown.snapshot.decision, planning=bad)
    panel.show(replace(shown, snapshot=replace(shown.snapshot, decision=decision)))
    staging.ask(replace(bad, search=replace(bad.search, samples=6)), VIEWER)  # it has not proved itself
    click(panel._rollback)
    assert page.planner.asked[-1].planning == good
    assert "samples" in panel._log.content


def test_a_rollback_keeps_nothing_of_what_it_flees_from(panel, page, staging, view):
    good = replace(staging.in_force, budget_s=0.2)
    staging.presets.keep_good(Preset(name="good", robot="panda", planning=good), page.subject.arm)
    for count in range(1, PROVED + 1):
        panel.show(view(count))
    staging.stage("samples", 256)
    click(panel._rollback)
    assert page.planner.asked[-1].planning == good
    assert staging.presets.last_good(page.subject.arm).planning == good
    assert staging.differences() == {}


def test_a_way_back_that_leads_nowhere_costs_no_staged_work(panel, page, staging):
    staging.stage("samples", 256)
    click(panel._rollback)
    assert "no last good settings yet" in page.told[-1][1]
    staging.presets.keep_good(Preset(name="good", robot="ur5e", planning=staging.in_force), page.subject.arm)
    click(panel._rollback)
    assert "is for ur5e, not panda" in page.told[-1][1]
    assert (page.planner.asked, staging.differences()) == ([], {"samples": (128, 256)})


def test_arms_that_share_a_folder_of_presets_do_not_roll_back_to_each_other(page):
    simulated = page.subject
    assert simulated.arm == "panda simulated reach"
    assert replace(simulated, station="left").arm == "left"


def test_a_preset_is_replaced_only_when_it_is_saved_again(panel, page, staging):
    save(panel, "many")
    staging.stage("samples", 256)
    save(panel, "many")
    assert "save again to replace it" in page.told[-1][1]
    assert read_preset(page.subject.presets / "many.json").planning == staging.in_force
    save(panel, "many")
    assert read_preset(page.subject.presets / "many.json").planning.search.samples == 256


def test_settings_with_a_fault_are_not_good(panel, page, staging, view):
    for count in range(1, PROVED + 1):
        shown = view(count)
        arm = replace(shown.snapshot.arm, faults=("stale camera",) if count == 5 else ())
        panel.show(replace(shown, snapshot=replace(shown.snapshot, arm=arm)))
    staging.ask(replace(staging.in_force, budget_s=0.1), VIEWER)
    click(panel._rollback)
    assert "no last good settings yet" in page.told[-1][1]


def test_a_recorded_run_has_nothing_to_change(panel, page, staging, tmp_path):
    good = Preset(name="good", planning=replace(staging.in_force, planner="mppi"))
    staging.presets.keep_good(good, page.subject.arm)
    page.subject = replace(page.subject, replay=tmp_path)
    click(panel._rollback)
    assert "a recorded run has no planner to change" in page.told[-1][1]
    assert (page.planner.asked, staging.audit.read()) == ([], ([], 0))


def test_a_shadow_compares_and_commands_nothing(panel, page, staging, view, settle):
    staging.stage("samples", 16)
    click(panel._switch)
    assert panel._switch.label == "Stop the shadow"
    for count in (3, 4):
        panel.show(view(count))
        settle(panel._analysis)
    assert "plans; the first actions differ" in panel._shadow_html.content
    assert "It began with its own last plan, and has no deadline" in panel._shadow_html.content
    assert len(panel._comparisons) == 2
    assert page.planner.asked == []
    click(panel._switch)
    panel.show(view(5))
    assert not page.busy(panel._analysis)


def test_the_log_shows_what_another_process_has_noted(panel, page, view):
    panel.show(view(1))
    AuditLog(page.audit.path).add("page at 10.0.0.2", {"stop": (NOT_BEFORE, "stopped: latched")})
    panel.show(view(2))
    assert "<td>stopped: latched</td>" in panel._log.content


def test_the_log_shows_the_newest_change_first(panel, page, staging):
    assert "Nobody has changed anything yet" in panel._log.content
    staging.ask(replace(staging.in_force, budget_s=0.1), VIEWER)
    staging.ask(replace(staging.in_force, planner="mppi"), VIEWER)
    staging.discard()  # tells the listeners
    assert panel._log.content.index("mppi") < panel._log.content.index("budget_ms")
    assert "client 8" in panel._log.content
