"""A simulated dashboard and browsers before it, for the benchmarks of its cost and its memory."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.core.serialization import write_json
from wm_robot.dashboard.model_facts import read_model_config
from wm_robot.planners.planning import planning_from_json

START_S = 60.0
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@contextmanager
def dashboard(task: str, run: Path, *, budget_ms: float, port: int) -> Iterator[tuple[str, int]]:
    """A simulated session that keeps its snapshots in `run`: the address of its page, and its process.

    Args:
        task: of the shipped checkpoint.
        run: folder that is made.
        budget_ms: time that a decision may take.
        port: of the page.
    """
    wmr = Path(sys.executable).with_name("wmr")
    preset, log = run.parent / "preset.json", run.parent / "dashboard.log"
    planning = planning_from_json(read_model_config(shipped_checkpoint(task)).planning)
    write_json(preset, replace(planning, budget_s=1e-3 * budget_ms))
    command = [wmr, "dashboard", "--task", task, "--output", run, "--config", preset]
    command += ["--page.port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        until_s = time.monotonic() + START_S
        while not (found := re.search(r"dashboard: (\S+)", log.read_text())):
            if process.poll() is not None or time.monotonic() > until_s:
                raise SystemExit(f"the dashboard did not start:\n{log.read_text()}")
            time.sleep(0.1)
        yield found[1], process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def browser_beside(running: Playwright) -> Iterator[Browser]:
    """A browser that gets what the processors have left: a person's runs on another machine."""
    own = os.sched_getscheduler(0), os.sched_getparam(0)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # what is started from here inherits it
    browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    os.sched_setscheduler(0, *own)
    try:
        yield browser
    finally:
        browser.close()


def open_page(browser: Browser, url: str) -> Page:
    """Open the dashboard in a window of its own, and wait until its panels are there."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(1e3 * START_S)
    page.goto(url)
    page.frame_locator("iframe").get_by_role("tab", name="State", exact=True).wait_for()
    return page
