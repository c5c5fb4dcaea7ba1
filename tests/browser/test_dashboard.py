"""The dashboard in Chromium: what a person sees and does, and that STOP works when nothing else does."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from wm_robot.robots import get_robot

pytest.importorskip("viser", reason="viser is not installed: pip install 'wm_robot[dashboard]'")

from wm_robot.dashboard.goal_panel import GIZMO_M
from wm_robot.dashboard.scene import VIEW_DEG, viewpoint

pytestmark = pytest.mark.slow

PATIENCE_S = 120


def until(found, what):
    """Wait for something that is true, and return it."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.2)
    raise AssertionError(f"never: {what}")


def inside(page):
    """The view in the page's frame, once its panels are there."""
    view = page.frame_locator("iframe")
    view.get_by_role("tab", name="State", exact=True).wait_for()
    return view


def tab(view, name):
    view.get_by_role("tab", name=name, exact=True).click()


def row(view, name):
    """A number of the State panel, by its name."""
    tab(view, "State")
    return view.locator("tr", has=view.get_by_text(name, exact=True)).locator("td").nth(1).inner_text()


def tip(view):
    return [int(number) / 1000 for number in re.findall(r"-?\d+", row(view, "tip"))]


def numbers(view):
    """The three inputs of the goal's position."""
    return view.locator('xpath=//*[text()="Position (mm)"]/ancestor::*[.//input][1]//input')


def state(page):
    return page.locator("#state").inner_text()


def test_the_page_shows_a_running_arm_and_whoever_has_the_token_may_command(shared, open_page):
    page = open_page(shared.url)
    view = inside(page)
    until(lambda: state(page) == "running", "the arm runs")
    assert page.locator("#role").inner_text() == "you may command"
    assert shared.token not in page.url  # nothing that is copied from the address bar gives it away
    first = int(row(view, "period"))
    until(lambda: int(row(view, "period")) > first + 3, "periods pass")


def test_stop_brings_the_arm_to_rest_until_it_is_released(shared, open_page):
    page = open_page(shared.url)
    view = inside(page)
    until(lambda: state(page) == "running", "the arm runs")
    page.locator("#stop").click()
    until(lambda: state(page) == "latched", "the arm is latched")
    until(lambda: row(view, "arm").startswith("latched"), "the panel shows it")
    index, place = int(row(view, "period")), tip(view)
    until(lambda: int(row(view, "period")) > index + 5, "time goes on")
    assert tip(view) == pytest.approx(place, abs=0.002)
    page.locator("#release").click()
    until(lambda: state(page) == "running", "the arm runs again")


def test_stop_works_while_the_view_hangs(shared, open_page):
    page = open_page(shared.url)
    inside(page)
    until(lambda: state(page) == "running", "the arm runs")
    os.kill(shared.view_pid, signal.SIGSTOP)
    try:
        page.locator("#stop").click()
        until(lambda: state(page) == "latched", "the arm is latched")
        page.locator("#release").click()
        until(lambda: state(page) == "running", "the arm runs again")
    finally:
        os.kill(shared.view_pid, signal.SIGCONT)


def test_a_wrong_token_is_refused_in_words_and_commands_nothing(shared, open_page):
    page = open_page(shared.plain_url + "?token=wrong")
    view = inside(page)
    until(lambda: "Wrong token" in page.locator("#note").inner_text(), "the page says so")
    assert page.locator("#release").is_hidden()
    tab(view, "Simulation")
    view.get_by_role("button", name="Pause", exact=True).click()
    view.get_by_text("Viewing only").first.wait_for()
    first = int(row(view, "period"))
    until(lambda: int(row(view, "period")) > first + 2, "it was not paused")
    page.locator("#token").fill(shared.token)
    page.locator("#enter").click()
    until(lambda: page.locator("#role").is_visible(), "the right one is taken")


def test_time_is_paused_and_stepped(shared, open_page):
    view = inside(open_page(shared.url))
    tab(view, "Simulation")
    view.get_by_role("button", name="Pause", exact=True).click()
    view.get_by_role("button", name="Go on", exact=True).wait_for()
    first = int(row(view, "period"))
    tab(view, "Simulation")
    view.get_by_role("button", name="One period", exact=True).click()
    until(lambda: int(row(view, "period")) == first + 1, "one period passes")
    tab(view, "Simulation")
    view.get_by_role("button", name="Go on", exact=True).click()
    until(lambda: int(row(view, "period")) > first + 3, "time goes on")


def test_the_arm_follows_a_goal_that_is_set_in_the_page(shared, open_page):
    view = inside(open_page(shared.url))
    tab(view, "Goal")
    for axis, text in enumerate(("500", "100", "150")):
        numbers(view).nth(axis).fill(text)
        numbers(view).nth(axis).press("Enter")
    view.get_by_role("button", name="Go there", exact=True).click()
    view.get_by_text("ee_x = 0.500 m").wait_for()
    until(lambda: tip(view) == pytest.approx([0.5, 0.1, 0.15], abs=0.025), "the arm is there")
    tab(view, "Goal")
    view.get_by_role("button", name="The episode's own goal", exact=True).click()
    view.get_by_text("what the right picture").wait_for()


def test_five_pages_are_served_and_the_arm_does_not_wait_for_them(shared, open_page):
    pages = [open_page(shared.url) for _ in range(5)]
    views = [inside(page) for page in pages]
    first = int(row(views[0], "period"))
    until(lambda: int(row(views[0], "period")) > first + 3, "periods pass")


def test_a_checkpoint_that_is_damaged_is_told_in_one_line(tmp_path):
    wmr = Path(sys.executable).with_name("wmr")
    (tmp_path / "config.json").write_text("{}")
    done = subprocess.run(
        [wmr, "dashboard", "--checkpoint", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_the_state_can_be_asked_without_a_browser(shared):
    with urllib.request.urlopen(shared.plain_url + "state", timeout=PATIENCE_S) as answer:
        assert json.load(answer)["title"] == "reach, panda, simulated"


def on_screen(point, box):
    """Where a point (3,), m, is drawn in the canvas `box` as it is seen at first, pixels."""
    workspace = get_robot("panda").workspace
    eye, middle = (np.array(p) for p in viewpoint(workspace))
    forward = (middle - eye) / np.linalg.norm(middle - eye)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    away = np.array(point) - eye
    scale = box["height"] / 2 / np.tan(np.deg2rad(VIEW_DEG) / 2) / (away @ forward)
    x = box["x"] + box["width"] / 2 + scale * (away @ right)
    y = box["y"] + box["height"] / 2 - scale * (away @ np.cross(right, forward))
    return float(x), float(y)


def settled_box(page, canvas):
    """Where the canvas is once the panels beside it have found their places."""
    boxes = [None, canvas.bounding_box()]
    while boxes[-2] != boxes[-1]:
        page.wait_for_timeout(3000)
        boxes.append(canvas.bounding_box())
    return boxes[-1]


def test_the_arm_follows_a_goal_that_is_dragged(shared, open_page):
    page = open_page(shared.url)
    view = inside(page)
    until(lambda: state(page) == "running", "the arm runs")
    box = settled_box(page, view.locator("canvas").first)
    tab(view, "Goal")
    # Where others left it, m.
    begin = np.array([float(numbers(view).nth(axis).input_value()) for axis in range(3)]) / 1000
    y = np.array([0.0, -1.0 if begin[1] > 0 else 1.0, 0.0])
    grip = begin + np.array([0.0, 0.6 * GIZMO_M, 0.0])  # on the arrow along y
    page.mouse.move(*on_screen(grip, box))
    page.wait_for_timeout(2000)  # the arrow notices the pointer
    page.mouse.down()
    for part in range(1, 6):
        page.mouse.move(*on_screen(grip + 0.02 * part * y, box))
        page.wait_for_timeout(500)
    page.mouse.up()
    view.get_by_text(re.compile(r"ee_y = 0\.\d+ m")).first.wait_for()
    wanted = [float(v) for v in re.findall(r"= (-?[\d.]+) m", view.get_by_text("ee_y =").inner_text())]
    assert wanted[1] == pytest.approx(begin[1] + 0.1 * y[1], abs=0.03)
    assert [wanted[0], wanted[2]] == pytest.approx([begin[0], begin[2]], abs=0.002)
    until(lambda: tip(view) == pytest.approx(wanted, abs=0.025), "the arm is there")
