"""Settings are staged, shown as a difference, and applied by someone with the token alone."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from wm_robot.runtime.watch.requests import Answer, Tune

from .conftest import COMMANDER, VIEWER, click

pytest.importorskip("viser")
from wm_robot.dashboard import planner_panel
from wm_robot.dashboard.planner_panel import PlannerPanel, rates
from wm_robot.dashboard.staging import Staging


@pytest.fixture
def panel(page):
    return PlannerPanel(page)


def move(panel, name, value, event=COMMANDER):
    """What viser does when a page moves a slider."""
    handle = panel._inputs[name]
    handle._impl.value = value
    for callback in handle._impl.update_cb:
        callback(SimpleNamespace(client_id=event.client_id, target=handle))


def test_every_setting_has_an_input_with_unit_help_and_what_is_valid(panel, page):
    settings = Staging.of(page).settings
    assert set(panel._inputs) == {setting.name for setting in settings}
    noise = panel._inputs["noise"]
    assert noise.label == "noise (half ranges)"
    assert "Valid: a number, above 0, at most 10 half ranges" in noise.hint
    assert panel._inputs["budget_ms"].label == "budget (ms)"


def test_a_moved_slider_is_staged_and_shown_beside_what_is_in_force(panel, page):
    assert panel._apply.disabled
    move(panel, "samples", 256)
    assert Staging.of(page).differences() == {"samples": (128, 256)}
    assert "| samples | 128 | **256** |" in panel._difference.content
    assert not panel._apply.disabled
    assert page.planner.asked == []


def test_before_the_first_period_an_answer_says_what_is_in_force(page, view):
    own = Staging.of(page).in_force
    page.subject = replace(page.subject, planning=replace(own, budget_s=0.3))
    staging = Staging(page)
    assert staging.in_force.budget_s == 0.3  # such as a parameter of a node that pursues nothing yet
    staging.ask(replace(own, budget_s=0.2), COMMANDER)
    page.planner.answers = lambda: [Answer(number=1)]
    page.catch_up()
    assert staging.in_force.budget_s == 0.2
    staging.saw(view().snapshot)
    assert staging.in_force == own
    staging.ask(replace(own, budget_s=0.1), COMMANDER)
    page.planner.answers = lambda: [Answer(number=2)]
    page.catch_up()
    assert staging.in_force == own  # from now on periods tell it


def test_applying_asks_the_planner_and_is_noted(panel, page):
    move(panel, "samples", 256)
    move(panel, "planner", "mppi")
    click(panel._apply)
    (request,) = page.planner.asked
    assert isinstance(request, Tune)
    assert (request.planning.search.samples, request.planning.planner) == (256, "mppi")
    changes, _ = Staging.of(page).audit.read()
    assert [(c.who, c.field, c.before, c.after) for c in changes] == [
        ("client 7", "planner", "cem", "mppi"),
        ("client 7", "samples", 128, 256),
    ]


def test_what_the_planner_took_over_is_no_longer_staged(panel, page, view):
    move(panel, "samples", 256)
    click(panel._apply)
    shown = view(1)
    planning = page.planner.asked[0].planning
    decision = replace(shown.snapshot.decision, planning=planning)
    panel.show(replace(shown, snapshot=replace(shown.snapshot, decision=decision)))
    assert Staging.of(page).differences() == {}
    assert (panel._inputs["samples"].value, panel._apply.disabled) == (256, True)


def test_somebody_without_the_token_moves_and_applies_nothing(panel, page):
    move(panel, "samples", 256, VIEWER)
    assert panel._inputs["samples"].value == 128
    assert Staging.of(page).differences() == {}
    move(panel, "samples", 256)
    click(panel._apply, VIEWER)
    click(panel._discard, VIEWER)
    assert page.planner.asked == []
    assert Staging.of(page).differences() == {"samples": (128, 256)}


def test_settings_that_do_not_fit_each_other_cannot_be_applied(panel, page):
    move(panel, "knots", 7)  # of 2 steps
    assert panel._apply.disabled
    assert "Not valid together" in panel._difference.content
    click(panel._discard)
    assert (panel._inputs["knots"].value, panel._difference.content[:4]) == (0, "Move")


def test_options_of_other_algorithms_are_hidden(panel):
    assert panel._folders["cem"].visible
    assert not panel._folders["mppi"].visible
    move(panel, "planner", "mppi")
    assert not panel._folders["cem"].visible
    assert panel._folders["mppi"].visible


def test_a_change_that_cannot_be_noted_is_not_made(panel, page):
    page.subject.presets.parent.joinpath("presets").write_text("in the way")
    move(panel, "samples", 256)
    click(panel._apply)
    assert page.planner.asked == []
    assert "nothing was changed" in page.told[-1][1]


def test_what_is_applied_in_a_pause_or_while_latched_is_in_force_at_once(panel, page, view):
    move(panel, "samples", 256)
    click(panel._apply)
    planning = page.planner.asked[0].planning
    snapshot = view(1).snapshot  # with the plan made before
    for quiet in (replace(snapshot, planning=planning), replace(snapshot, planning=planning, decision=None)):
        panel.show(replace(view(1), snapshot=quiet))
        assert Staging.of(page).in_force == planning
        assert panel._apply.disabled
        Staging.of(page).in_force = snapshot.decision.planning


def test_whoever_applies_is_told_that_it_is_done_or_why_not(panel, page, monkeypatch):
    for error, told in (("", "In force"), ("no such cost", "no such cost")):
        move(panel, "samples", 256)
        click(panel._apply)
        number = len(page.planner.asked)
        answers = [Answer(number=number, error=error)]
        monkeypatch.setattr(page.planner, "answers", lambda answers=answers: answers)
        page.catch_up()
        assert told in page.told[-1][1]


def test_an_older_value_of_a_drag_never_comes_back(panel, page, monkeypatch):
    """Each move of a slider is staged in a thread of its own; the slider moves on meanwhile."""
    handle, staging = panel._inputs["samples"], Staging.of(page)
    stage = staging.stage

    def slowly(name, value):
        monkeypatch.setattr(staging, "stage", stage)
        handle._impl.value = 300  # moved on, and not yet heard
        stage(name, value)

    monkeypatch.setattr(staging, "stage", slowly)
    move(panel, "samples", 256)
    assert handle.value == 300
    move(panel, "samples", 300)
    assert staging.differences() == {"samples": (128, 300)}


def test_a_slider_that_is_left_at_its_end_goes_further(panel, view, monkeypatch):
    handle = panel._inputs["samples"]
    assert handle.max == 1000
    now_s = [100.0]
    monkeypatch.setattr(planner_panel.time, "monotonic", lambda: now_s[0])
    move(panel, "samples", 1000)
    panel.show(view(1))
    assert handle.max == 1000  # else it would run away under the drag
    now_s[0] += planner_panel.WIDEN_S
    panel.show(view(1))
    assert (handle.max, handle.value) == (5000, 1000)  # 4 times the value, rounded up to 1, 2 or 5


def test_rates_are_shown_with_why_they_stay(panel, page):
    shown = {label: (rate_hz, why) for label, rate_hz, why in rates(page)}
    rate_hz, why = shown["plans and actions (Hz)"]
    assert rate_hz == page.model_config.action_space.rate_hz
    assert "actions of 200 ms" in why
    labels = {handle.label: handle for handle in page.gui._gui_input_handle_from_uuid.values()}
    for label, (rate_hz, _) in shown.items():
        assert (labels[label].value, labels[label].disabled) == (rate_hz, True)
