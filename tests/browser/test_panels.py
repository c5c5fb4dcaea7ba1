"""The panels about plans in Chromium: settings are moved and used, a recorded run is asked what if."""

import json
import re
import time

import pytest

pytestmark = pytest.mark.slow

PATIENCE_S = 120
PLOTS = ("Imagination", "Cost", "Time")

CUT = """() => [...document.querySelectorAll('.wm svg[viewBox] text')]
    .map(e => ({text: e.textContent, box: e.getBBox(), width: e.ownerSVGElement.viewBox.baseVal.width}))
    .filter(e => e.box.x < 0 || e.box.x + e.box.width > e.width).map(e => e.text)"""
"""Labels that reach beyond their chart."""


def until(found, what):
    """Wait for something that is true, and return it."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.2)
    raise AssertionError(f"never: {what}")


def tab(view, name):
    view.get_by_role("tab", name=name, exact=True).click()


def inside(page):
    """The view in the page's frame, once its panels are there."""
    view = page.frame_locator("iframe")
    view.get_by_role("tab", name="State", exact=True).wait_for()
    return view


def field(view, label):
    """The input with that label."""
    found = view.locator("label").filter(has_text=re.compile(rf"^{re.escape(label)}$")).first
    return view.locator(f'[id="{found.get_attribute("for")}"]')


def choose(view, label, option):
    field(view, label).click()
    view.get_by_role("option", name=option, exact=True).click()


def move(view, label, steps):
    """Move a slider by keys; returns where it is then."""
    slider = field(view, label).get_by_role("slider")
    before = int(slider.get_attribute("aria-valuenow"))
    for _ in range(steps):
        slider.press("ArrowRight")
    until(lambda: slider.get_attribute("aria-valuenow") == str(before + steps), "the slider has moved")
    return before + steps


def text_of(view, place):
    """All that the charts of a tab say."""
    tab(view, place)
    return view.locator(".wm").filter(visible=True).all_inner_texts()


def says(view, place, pattern):
    return lambda: re.search(pattern, "\n".join(text_of(view, place)))


@pytest.fixture
def run(start, tmp_path):
    """The folder of a run of some seconds."""
    dashboard = start("--output", "run")
    plans = tmp_path / "run" / "plans.mcap"
    until(lambda: plans.exists() and plans.stat().st_size > 400_000, "some periods are recorded")
    dashboard.end()
    return tmp_path / "run"


def test_a_planner_is_chosen_and_a_slider_moved_and_the_planner_uses_both(start, open_page, tmp_path):
    from wm_robot.runtime.watch.plan_log import read_plans

    dashboard = start("--output", "run")
    view = inside(open_page(dashboard.url))
    until(says(view, "Cost", r"candidates that count\s+\d+ of 128"), "the plan is looked at")
    tab(view, "Planner")
    choose(view, "planner", "mppi")
    samples = move(view, "samples", 5)
    view.get_by_role("cell", name=str(samples), exact=True).wait_for()  # beside what is in force
    view.get_by_role("button", name="Apply", exact=True).click()
    view.get_by_text("Move a slider").wait_for()
    until(
        says(view, "Cost", rf"candidates that count\s+\d+ of {samples}"), "the plans have as many candidates"
    )
    until(says(view, "Tuning", "samples"), "the audit log tells it")
    dashboard.end()
    *_, last = read_plans(tmp_path / "run" / "plans.mcap")
    assert (last.decision.planning.planner, last.decision.planning.search.samples) == ("mppi", samples)
    assert len(last.decision.plan.costs) == samples
    noted = [json.loads(line) for line in (tmp_path / "presets" / "audit.jsonl").read_text().splitlines()]
    assert {change["field"]: change["after"] for change in noted} == {"planner": "mppi", "samples": samples}


def test_without_the_token_a_slider_returns_to_where_it_was(shared, open_page):
    view = inside(open_page(shared.plain_url))
    tab(view, "Planner")
    field(view, "iterations").get_by_role("slider").press("ArrowRight")
    view.get_by_text("Viewing only").first.wait_for()
    until(
        lambda: field(view, "iterations").get_by_role("slider").get_attribute("aria-valuenow") == "5",
        "the slider is back",
    )
    assert view.get_by_role("button", name="Apply", exact=True).is_disabled()


def test_a_recorded_run_is_planned_again_with_other_settings(run, start, open_page):
    dashboard = start("--replay", str(run))
    view = inside(open_page(dashboard.url))
    field(view, "Moment").get_by_role("slider").press("ArrowRight")
    field(view, "Moment").get_by_role("slider").press("ArrowRight")
    tab(view, "Planner")
    choose(view, "planner", "mppi")
    view.get_by_role("cell", name="mppi", exact=True).wait_for()

    def asked():
        view.get_by_role("button", name="Plan this instant again", exact=True).click()
        until(says(view, "What if", "Otherwise: mppi"), "it is planned")
        row = re.search(r"cost, by the costs of then\s+(\S+)\s+(\S+)", "\n".join(text_of(view, "What if")))
        view.get_by_role("button", name="Clear", exact=True).click()
        return row.groups()

    tab(view, "What if")
    first = asked()
    assert first[0] != first[1]
    assert asked() == first


def test_what_is_wrong_with_a_preset_is_said_in_the_page(start, open_page, tmp_path):
    presets = tmp_path / "presets"
    presets.mkdir()
    (presets / "odd.json").write_text(json.dumps({"name": "odd", "planning": {"speed": 3}}))
    (presets / "far.json").write_text(json.dumps({"name": "far", "planning": {"search": {"samples": 1}}}))
    view = inside(open_page(start().url))
    tab(view, "Tuning")
    view.get_by_text("has unknown fields ['speed']").wait_for()
    view.get_by_text("samples is 1; valid: 2 to 1000000").wait_for()


def test_too_slow_or_wrong_cost_is_answered(shared, open_page):
    view = inside(open_page(shared.url))
    until(says(view, "Time", r"plan\s+[\d.]+ ms"), "there is a plan")
    until(says(view, "Cost", "candidates that count"), "there is a model")
    tab(view, "Time")
    view.get_by_role("button", name="Too slow, or wrong cost?", exact=True).click()
    view.get_by_text(re.compile(r"^(Too slow|Wrong cost|Neither( so far)?): ")).first.wait_for()


def test_no_label_of_a_chart_is_cut(shared, open_page):
    page = open_page(shared.url)
    view = inside(page)
    until(says(view, "Cost", "candidates that count"), "there is a plan and a model")
    for name in PLOTS:
        tab(view, name)
        until(
            lambda: page.frames[-1].evaluate("document.querySelectorAll('.wm svg text').length"),
            "it is drawn",
        )
        assert page.frames[-1].evaluate(CUT) == []
