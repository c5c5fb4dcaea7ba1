"""Panels of charts: what they show of real plans, and what they say while there is nothing."""

import re
from dataclasses import replace

import pytest

from wm_robot.core.types import Goal

pytest.importorskip("viser")
from wm_robot.dashboard.cost_panel import CostPanel
from wm_robot.dashboard.imagination_panel import ImaginationPanel
from wm_robot.dashboard.time_panel import TimePanel, phases_ms


def titles(html):
    return re.findall(r"<figcaption>(.*?)</figcaption>", html.content)


def test_costs_of_a_plan_by_round_and_over_time(page, view, settle):
    panel = CostPanel(page)
    assert "No plan has been looked at yet" in panel._html.content
    for count in (3, 4):
        panel.show(view(count))
        settle(panel._looks)
    assert titles(panel._html) == [
        "Plan 3 of episode 0",
        "Share of each cost in the chosen plan",
        "Cost by round",
        "σ of the knots by round (half ranges)",
        "Spread of the elites&#x27; first action (mm)",
        "Effective sample size (candidates)",
        "Cost over the last plans",
        "Gain over the warm start (cost)",
    ]
    assert "made again, it differs" not in panel._html.content
    assert [index for index, _ in panel._gains] == [2, 3]


def test_scrubbing_back_begins_the_gains_anew(page, view, settle):
    panel = CostPanel(page)
    for count in (3, 4, 2):
        panel.show(view(count))
        settle(panel._looks)
    assert [index for index, _ in panel._gains] == [1]


def test_without_a_model_nothing_is_computed(page, view):
    for panel in (CostPanel(page), ImaginationPanel(page), TimePanel(page)):
        panel.show(view(3, mind=None))
        assert not page.busy(panel)


def test_frames_ahead_and_frames_that_came(page, view, settle):
    panel = ImaginationPanel(page)
    panel.show(view(1))
    settle(panel._analysis)
    assert "no earlier plan" in panel._captions["front"][1].content
    assert (panel._strips["front"][1].image == 255).all()  # nothing came yet
    panel.show(view(6))
    settle(panel._analysis)
    assert all(strip.visible for strips in panel._strips.values() for strip in strips)
    ahead, back = panel._captions["front"]
    assert all(
        word in ahead.content for word in ("front: expected of the chosen plan", "now", "+0.2 s", "+0.4 s")
    )
    assert all(word in back.content for word in ("expected 0.4 s ago", "−0.4 s", "−0.2 s"))
    # Three frames of 64 with 2 lines of 2 between them, each pixel 640 // 196 = 3 times.
    assert panel._strips["front"][0].image.shape == (3 * 64, 3 * 196, 3)
    assert panel._strips["front"][1].image.shape == (3 * 130, 3 * 196, 3)
    assert titles(panel._charts) == [
        "Distance to the goal (rms of latents)",
        "Believed time to the goal (s)",
        "Trust by horizon (1 is perfect)",
        "Error by horizon (mean square of latents)",
    ]
    assert panel._note.content == ""


def test_what_came_of_an_older_prediction_is_not_shown_as_new(page, view, settle):
    panel, shown = ImaginationPanel(page), view(6)
    panel.show(shown)
    settle(panel._analysis)
    assert "period 5" in panel._captions["front"][0].content
    panel.show(replace(shown, recent=shown.recent[-1:]))  # after a gap nothing can be looked back at
    settle(panel._analysis)
    assert "no earlier plan" in panel._captions["front"][1].content
    assert (panel._strips["front"][1].image == 255).all()
    assert not panel._rest.visible
    panel.show(replace(shown, snapshot=replace(shown.snapshot, decision=None)))
    assert panel._rest.visible


def test_a_model_below_the_threshold_is_said_to_be(page, view, settle, snapshots):
    panel = ImaginationPanel(page)
    shown = view(8)
    wrong = [replace(s, executed=-s.executed) for s in shown.recent]
    panel.show(replace(shown, recent=wrong, snapshot=wrong[-1]))
    settle(panel._analysis)
    assert "Beyond 0 steps ahead the model falls below the threshold" in panel._note.content


def test_a_goal_that_the_model_cannot_read_is_said_to_be(page, view, settle):
    panel = CostPanel(page)
    shown = view(2)
    panel.show(replace(shown, snapshot=replace(shown.snapshot, goal=Goal(pose={"ee_x": 0.5}), index=99)))
    settle(panel._looks)
    assert "cannot be made again here: no cost among" in panel._html.content


def test_phases_add_up_to_the_time_of_the_plan(snapshots):
    decision = snapshots[3].decision
    took_s = decision.encode_s + sum(decision.plan.phase_s.values()) + 0.01
    snapshot = replace(snapshots[3], plan_s=took_s)
    for share in (None, 0.25):
        assert sum(phases_ms(snapshot, share).values()) == pytest.approx(1e3 * snapshot.plan_s)
    split, evaluate = phases_ms(snapshot, 0.25), 1e3 * snapshot.decision.plan.phase_s["evaluate"]
    assert (split["rollouts"], split["costs"]) == pytest.approx((0.25 * evaluate, 0.75 * evaluate))


def test_times_are_counted_once_a_period(page, view, settle):
    panel = TimePanel(page)
    assert "No plan yet" in panel._html.content
    for count in (1, 1, 3):  # two came between two looks
        panel.show(view(count))
        settle(panel._shares)
        settle(panel._charts)
    assert "<td>deadlines missed</td><td>0 of 3</td>" in panel._html.content
    assert "From stamp to command, 3 commands" in panel._html.content
    panel.show(view(4))
    settle(panel._charts)
    assert ">rollouts</span>" in panel._html.content  # split, once their share is measured
    assert "on the CPU of this page" in panel._html.content


def test_periods_that_the_page_was_too_slow_to_see_are_told(page, view, settle):
    panel, shown = TimePanel(page), view(9)
    for recent in (shown.recent[:2], shown.recent[:2] + shown.recent[6:]):  # 4 between them
        panel.show(replace(shown, recent=recent, snapshot=recent[-1]))
        settle(panel._shares)
        settle(panel._charts)
    assert "0 of 5 seen; 4 periods unseen" in panel._html.content


def test_of_a_recorded_run_all_periods_up_to_the_moment_are_counted(page, view, settle):
    panel = TimePanel(page)
    for count in (9, 4):
        panel.show(view(count, live=False))
        settle(panel._shares)
        settle(panel._charts)
    assert "<td>deadlines missed</td><td>0 of 4</td>" in panel._html.content
    assert "From stamp to command, 4 commands" in panel._html.content
