"""What pages that are open cost the planner: one run of `wmr dashboard`, with none, one and five of them.

Needs the extra `dashboard`, playwright and Chromium. The browsers get only what the processors have left
(SCHED_IDLE), for a person's browser runs on another machine.

    python benchmarks/dashboard_cost.py --task reach --output dashboard.json
"""

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import tyro
from dashboard_pages import browser_beside, dashboard, open_page
from playwright.sync_api import sync_playwright

from wm_robot.runtime.watch.plan_log import PLANS, read_encoded
from wm_robot.runtime.watch.snapshot import Snapshot

SETTLE_S = 20.0
"""For pages to be drawn, before what they cost is measured."""

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
        with dashboard(options.task, run, budget_ms=options.budget_ms, port=options.port) as (url, _):
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


def measure(options: Options, url: str) -> list[Phase]:
    """Open and close pages in turn, and say when how many were there."""
    phases = []
    with sync_playwright() as running:
        for _ in range(options.rounds):
            for pages in options.pages:
                with ExitStack() as stack:
                    if pages:
                        browser = stack.enter_context(browser_beside(running))
                        for _ in range(pages):
                            open_page(browser, url)
                    time.sleep(SETTLE_S)
                    begin_s = time.time()
                    time.sleep(options.phase_s)
                    phases.append(Phase(pages=pages, begin_s=begin_s, end_s=time.time()))
                print(f"{pages} pages: {options.phase_s:g} s", file=sys.stderr)
    return phases


def cost(pages: int, phases: list[Phase], snapshots: list[Snapshot]) -> Cost:
    """What the snapshots say of the phases with so many pages."""
    plan_s, missed, periods_s = [], 0, []
    for phase in (one for one in phases if one.pages == pages):
        inside = [one for one in snapshots if phase.begin_s <= one.written_s < phase.end_s]
        plan_s += [one.plan_s for one in inside if one.decision is not None]
        missed += sum(one.decision.plan.deadline_missed for one in inside if one.decision is not None)
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
