"""What pages that are open cost the planner: one run of `wmr dashboard`, with none, one and five of them.

Needs the extra `dashboard`, playwright and Chromium. The browsers get only what the processors have left
(SCHED_IDLE), for a person's browser runs on another machine.

    python benchmarks/dashboard_cost.py --task reach --output dashboard.json
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import tyro
from playwright.sync_api import Browser, Playwright, sync_playwright

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.core.serialization import write_json
from wm_robot.dashboard.model_facts import read_model_config
from wm_robot.planners.planning import planning_from_json
from wm_robot.runtime.watch.plan_log import PLANS, read_encoded
from wm_robot.runtime.watch.snapshot import Snapshot

SETTLE_S = 20.0
"""For pages to be drawn, before what they cost is measured."""

START_S = 60.0
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
LATE = 0.1
"""Share of a period by which a period that is longer counts as late."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure.

    Args:
        task: of the shipped checkpoint.
        pages: open at a time, in turn.
        rounds: of all of them.
        phase_s: measured seconds with each.
        budget_ms: time that a decision may take; the deadline that may be missed.
        port: of the page.
        output: JSON file for the figures.
    """

    task: str = "reach"
    pages: tuple[int, ...] = (0, 1, 0, 5)
    rounds: int = 3
    phase_s: float = 40.0
    budget_ms: float = 50.0
    port: int = 8480
    output: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A time in which so many pages were open, seconds since 1970."""

    pages: int
    begin_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The planner's figures over all phases with so many pages."""

    pages: int
    plans: int
    plan_ms_p50: float
    plan_ms_p99: float
    deadlines_missed: int
    late_periods: int
    periods: int


def main() -> None:
    options = tyro.cli(Options)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        with dashboard(options, run) as url:
            phases = measure(options, url)
        snapshots = [Snapshot.decode(one) for one in read_encoded(run / PLANS)]
    costs = [cost(pages, phases, snapshots) for pages in sorted(set(options.pages))]
    print(f"{options.task}: pages, plans, p50 and p99 (ms), deadlines missed, late periods")
    for one in costs:
        rise = one.plan_ms_p50 / costs[0].plan_ms_p50 - 1
        print(
            f"{one.pages:3d} {one.plans:6d} {one.plan_ms_p50:8.2f} ({rise:+.1%}) {one.plan_ms_p99:8.2f} "
            f"{one.deadlines_missed:5d} {one.late_periods:5d} of {one.periods}"
        )
    if options.output is not None:
        options.output.write_text(json.dumps([asdict(one) for one in costs], indent=2))


@contextmanager
def dashboard(options: Options, run: Path) -> Iterator[str]:
    """A simulated session that keeps its snapshots in `run`; the address of its page."""
    wmr = Path(sys.executable).with_name("wmr")
    preset, log = run.parent / "preset.json", run.parent / "dashboard.log"
    planning = planning_from_json(read_model_config(shipped_checkpoint(options.task)).planning)
    write_json(preset, replace(planning, budget_s=1e-3 * options.budget_ms))
    command = [wmr, "dashboard", "--task", options.task, "--output", run, "--config", preset]
    command += ["--page.port", str(options.port)]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        until_s = time.monotonic() + START_S
        while not (found := re.search(r"dashboard: (\S+)", log.read_text())):
            if process.poll() is not None or time.monotonic() > until_s:
                raise SystemExit(f"the dashboard did not start:\n{log.read_text()}")
            time.sleep(0.1)
        yield found[1]
    finally:
        process.terminate()
        process.wait()


def measure(options: Options, url: str) -> list[Phase]:
    """Open and close pages in turn, and say when how many were there."""
    phases = []
    with sync_playwright() as running:
        for _ in range(options.rounds):
            for pages in options.pages:
                with ExitStack() as stack:
                    if pages:
                        browser = stack.enter_context(_browser(running))
                        for _ in range(pages):
                            _open(browser, url)
                    time.sleep(SETTLE_S)
                    begin_s = time.time()
                    time.sleep(options.phase_s)
                    phases.append(Phase(pages=pages, begin_s=begin_s, end_s=time.time()))
                print(f"{pages} pages: {options.phase_s:g} s", file=sys.stderr)
    return phases


@contextmanager
def _browser(running: Playwright) -> Iterator[Browser]:
    own = os.sched_getscheduler(0), os.sched_getparam(0)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # what is started from here inherits it
    browser = running.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    os.sched_setscheduler(0, *own)
    try:
        yield browser
    finally:
        browser.close()


def _open(browser: Browser, url: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(1e3 * START_S)
    page.goto(url)
    page.frame_locator("iframe").get_by_role("tab", name="State", exact=True).wait_for()


def cost(pages: int, phases: list[Phase], snapshots: list[Snapshot]) -> Cost:
    """What the snapshots say of the phases with so many pages."""
    plan_s, missed, periods_s = [], 0, []
    for phase in (one for one in phases if one.pages == pages):
        inside = [one for one in snapshots if phase.begin_s <= one.written_s < phase.end_s]
        decided = [one for one in inside if one.decision is not None]
        plan_s += [one.plan_s for one in decided]
        missed += sum(one.decision.plan.deadline_missed for one in decided)
        periods_s += [
            (after.written_s - before.written_s) / after.dt_s
            for before, after in pairwise(inside)
            if after.index == before.index + 1 and after.episode == before.episode
        ]
    p50, p99 = np.percentile(plan_s, [50, 99]) * 1e3
    return Cost(
        pages=pages,
        plans=len(plan_s),
        plan_ms_p50=float(p50),
        plan_ms_p99=float(p99),
        deadlines_missed=missed,
        late_periods=int(np.sum(np.array(periods_s) > 1 + LATE)),
        periods=len(periods_s),
    )


if __name__ == "__main__":
    main()
