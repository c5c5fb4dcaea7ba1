"""A study in the page."""

import os
from dataclasses import replace

import pytest

from wm_robot.core.serialization import write_json
from wm_robot.insight.presets import Preset, PresetFolder
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.tuning.figures import Figures
from wm_robot.tuning.view import VIEW, StudyView, TrialView

from .conftest import COMMANDER, VIEWER, click

pytest.importorskip("viser")
from wm_robot.dashboard import study_panel
from wm_robot.dashboard.preset_controls import CHECKPOINT, PresetControls
from wm_robot.dashboard.staging import Staging
from wm_robot.dashboard.study_panel import StudyPanel


def figures(successes, plan_ms):
    return Figures(
        episodes=20,
        successes=successes,
        success_rate=successes / 20,
        success_ci=(0.5, 1.0),
        median_error=0.01,
        unit="m",
        plan_ms_p50=plan_ms,
        plan_ms_p99=2 * plan_ms,
    )


def trial(number, samples, successes, plan_ms):
    return TrialView(
        number=number,
        state="complete",
        reason="",
        params={"samples": samples},
        planning=PlanningConfig(search=PlannerConfig(samples=samples)),
        figures=figures(successes, plan_ms),
    )


STUDY = StudyView(
    task="reach",
    robot="panda",
    checkpoint_sha256="cafe",
    commit="c0ffee",
    machine="here",
    objectives=("success", "latency"),
    budget=3,
    episodes=20,
    confirm_episodes=50,
    seed=0,
    workers=1,
    period_ms=200.0,
    finished=False,
    baseline=0,
    front=(1,),
    importances={},
    space={},
    trials=(trial(0, 128, 20, 15.0), trial(1, 32, 20, 5.0)),
)


@pytest.fixture
def panel(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(study_panel, "LOOK_S", 0.0)
    return StudyPanel(page)


def write(folder, study, second):
    write_json(folder / VIEW, study)
    os.utime(folder / VIEW, ns=(second * 10**9, second * 10**9))


def test_without_a_study_it_says_what_makes_one(panel, view):
    panel.show(view(1))
    assert "no study in outputs/tune-reach; `wmr tune --output outputs/tune-reach` makes one" in (
        panel._html.content
    )
    assert panel._keep.disabled


def test_a_study_at_work_is_shown_as_it_goes(panel, view, tmp_path):
    folder = tmp_path / "outputs" / "tune-reach"
    write(folder, STUDY, 1)
    panel.show(view(1))
    assert "reach: 2 of 3 trials, 1 on the front; at work" in panel._html.content
    assert ": samples 32</p>" in panel._html.content
    write(folder, replace(STUDY, trials=(*STUDY.trials, trial(2, 64, 19, 9.0))), 2)
    panel.show(view(1))
    assert "reach: 3 of 3 trials, 1 on the front; the front is being measured again" in panel._html.content
    (folder / VIEW).write_text("{")
    panel.show(view(1))
    assert "is no study" in panel._html.content
    assert panel._keep.disabled


def test_the_front_becomes_presets_for_whoever_may_command(panel, page, view, tmp_path):
    write(tmp_path / "outputs" / "tune-reach", STUDY, 1)
    panel.show(view(1))
    click(panel._keep, VIEWER)
    presets = PresetFolder(path=page.subject.presets)
    assert presets.read() == ({}, {})
    click(panel._keep, COMMANDER)
    (preset,) = presets.read()[0].values()
    assert (preset.name, preset.robot, preset.planning.search.samples) == ("reach-trial-1", "panda", 32)
    assert page.told[-1] == ("Kept", "reach-trial-1")


def test_presets_of_a_front_are_offered_at_once_and_the_choice_stays(panel, page, view, tmp_path):
    controls = PresetControls(page)
    staging = Staging.of(page)
    staging.save(COMMANDER, Preset(name="mine", robot="panda", task="reach", planning=staging.in_force))
    controls._choice.value = "mine"
    write(tmp_path / "outputs" / "tune-reach", STUDY, 1)
    panel.show(view(1))
    click(panel._keep, COMMANDER)
    assert controls._choice.options == (CHECKPOINT, "mine", "reach-trial-1")
    assert controls._choice.value == "mine"


def test_a_folder_that_a_viewer_enters_is_put_back_and_told_once(panel, page):
    told = []
    page.tell_viewer = told.append
    panel._folder.value = "elsewhere"  # viser then calls whoever listens, also for what the page itself sets
    for callback in panel._folder._impl.update_cb:
        callback(VIEWER)
    assert (panel._folder.value, told) == ("outputs/tune-reach", [VIEWER.client_id])


def test_a_study_that_cannot_be_drawn_says_so_until_it_changes(panel, view, tmp_path, monkeypatch):
    def fail(study):
        raise ZeroDivisionError("no trial")

    monkeypatch.setattr(study_panel, "content", fail)
    write(tmp_path / "outputs" / "tune-reach", STUDY, 1)
    for _ in range(2):
        panel.show(view(1))
        assert "ZeroDivisionError: no trial" in panel._html.content
    assert panel._keep.disabled


def test_times_in_the_table_have_their_unit(panel, view, tmp_path):
    write(tmp_path / "outputs" / "tune-reach", STUDY, 1)
    panel.show(view(1))
    assert "<th>plan ms</th><th>99 % ms</th>" in panel._html.content
