"""Whether a page that is left open keeps its memory, in the dashboard's processes and in the browser.

Needs the extra `dashboard`, playwright and Chromium.

    python benchmarks/dashboard_memory.py --minutes 30 --output memory.json
"""

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import tyro
from dashboard_pages import CHROMIUM, FLAGS, dashboard, open_page
from playwright.sync_api import sync_playwright

SETTLE_S = 120.0
"""Until the model is loaded, the plots are full and the browser has drawn all once."""

BUDGET_MS = 1000.0
"""Of a decision: more than it needs."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure.

    Args:
        task: of the shipped checkpoint.
        minutes: that the page is open.
        every_s: seconds between two looks.
        port: of the page.
        output: JSON file for all looks.
    """

    task: str = "reach"
    minutes: float = 30.0
    every_s: float = 60.0
    port: int = 8490
    output: Path | None = None


def main() -> None:
    options = tyro.cli(Options)
    looks: list[dict[str, float]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as running,
        dashboard(options.task, Path(folder) / "run", budget_ms=BUDGET_MS, port=options.port) as (url, pid),
        running.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser,
    ):
        page = open_page(browser, url)
        session = page.context.new_cdp_session(page)
        time.sleep(SETTLE_S)
        end_s = time.monotonic() + 60 * options.minutes
        while time.monotonic() < end_s:
            session.send("HeapProfiler.collectGarbage")  # what is kept is asked for, not when it is tidied up
            looks.append(memory_mb(pid))
            print(" ".join(f"{name} {mb:.0f}" for name, mb in looks[-1].items()), file=sys.stderr)
            if options.output is not None:
                options.output.write_text(json.dumps(looks, indent=2))
            time.sleep(options.every_s)
    for name in looks[0]:
        first, last = (sum(look[name] for look in part) / len(part) for part in (looks[:3], looks[-3:]))
        after = f"{last:.0f} MB after {options.minutes:g} min ({last / first - 1:+.1%})"
        print(f"{name}: {first:.0f} MB at first, {after}")


def memory_mb(planner: int) -> dict[str, float]:
    """MB of the planner's process, of the processes that it started, and of Chromium: pages, drawing, all."""
    found = {"planner": _pss_mb(planner), "page": 0.0, "renderer": 0.0, "drawing": 0.0, "browser": 0.0}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == planner:
                found["page"] += _pss_mb(int(process.name))
            elif (process / "comm").read_text().startswith("chrom"):
                found["browser"] += (mb := _pss_mb(int(process.name)))
                command = (process / "cmdline").read_text()
                found["renderer"] += mb * ("--type=renderer" in command)
                found["drawing"] += mb * ("--type=gpu-process" in command)
        except OSError:  # it has ended since
            continue
    return found


def _pss_mb(pid: int) -> float:
    """What a process uses, with its share of what it has in common with others."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()
