"""Every panel at two sizes, kept as pictures to look at; and no label of any is cut."""

import re
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "build" / "screenshots"
SIZES = [(1280, 800), (1920, 1080)]
SETTLE_S = 4.0
"""For plots and pictures of a panel that has just been opened."""

CUT = """
() => [...document.querySelectorAll('button, label, td, th, p, input, .mantine-Tabs-tabLabel, legend')]
    .filter(e => e.offsetParent !== null && e.scrollWidth > e.clientWidth + 1)
    .filter(e => getComputedStyle(e).overflowX !== 'visible' || e.getBoundingClientRect().right > innerWidth)
    .map(e => (e.innerText || e.value || e.outerHTML).slice(0, 80))
"""


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("task", ["reach", "push"])
def test_every_panel_is_readable(task, width, height, start, open_page):
    dashboard = start("--task", task)
    page = open_page(dashboard.url, width=width, height=height, coarse=width > 1300)
    view = page.frame_locator("iframe")
    tabs = view.get_by_role("tab")
    tabs.first.wait_for()
    time.sleep(5 * SETTLE_S)  # the model is loaded and some plans are made
    folder = FOLDER / f"{width}x{height}"
    folder.mkdir(parents=True, exist_ok=True)
    cut = {}
    for name in tabs.all_inner_texts():
        tabs.get_by_text(name, exact=True).click()
        time.sleep(SETTLE_S)
        page.screenshot(path=folder / f"{task}_{name.lower().replace(' ', '_')}.png")
        if found := page.frames[1].evaluate(CUT):
            cut[name] = found
    assert not cut
    assert page.evaluate(CUT) == []


def test_a_recorded_run_and_the_errors_are_readable(tmp_path, start, open_page):
    recorded = start("--task", "reach", "--output", str(tmp_path / "run"))
    deadline = time.monotonic() + 120
    log = tmp_path / "run" / "plans.mcap"
    while time.monotonic() < deadline and (not log.exists() or log.stat().st_size < 200_000):
        time.sleep(0.5)
    recorded.end()
    again = start("--replay", str(tmp_path / "run"))
    page = open_page(again.url)
    view = page.frame_locator("iframe")
    view.get_by_text("Period 0 of episode 0").wait_for()
    time.sleep(2 * SETTLE_S)  # the scene fades in
    page.screenshot(path=FOLDER / "replay.png")
    view.get_by_role("button", name="Play", exact=True).click()
    view.get_by_text(re.compile(r"Period [1-9]\d* of episode \d+")).wait_for()
    assert page.locator("#state").inner_text() == "recorded"
    assert page.locator("#stop").is_hidden()
    page.close()  # Chromium draws in software: one page at a time can be captured
    wrong = open_page(again.plain_url + "?token=wrong")
    wrong.get_by_text("Wrong token").wait_for()
    wrong.screenshot(path=FOLDER / "wrong_token.png")
