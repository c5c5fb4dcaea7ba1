"""Whether a page that is left open keeps its memory, in the dashboard's processes and in the browser.

The browser is a plain one: one that is led by DevTools keeps what came over its network, some 15 MB a minute.
Needs the extra `dashboard` and Chromium.

    python benchmarks/dashboard_memory.py --minutes 30 --output memory.json
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tyro
from dashboard_pages import CHROMIUM, FLAGS, dashboard

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
        tempfile.TemporaryDirectory() as name,
        dashboard(options.task, Path(name) / "run", budget_ms=BUDGET_MS, port=options.port) as (url, pid),
        plain_browser(url, profile := Path(name) / "profile"),
    ):
        time.sleep(SETTLE_S)
        end_s = time.monotonic() + 60 * options.minutes
        while time.monotonic() < end_s:
            looks.append(memory_mb(pid, profile))
            print(" ".join(f"{name} {mb:.0f}" for name, mb in looks[-1].items()), file=sys.stderr)
            if options.output is not None:
                options.output.write_text(json.dumps(looks, indent=2))
            time.sleep(options.every_s)
    for name in looks[0]:
        first, last = (sum(look[name] for look in part) / len(part) for part in (looks[:3], looks[-3:]))
        after = f"{last:.0f} MB after {options.minutes:g} min ({last / first - 1:+.1%})"
        print(f"{name}: {first:.0f} MB at first, {after}")


@contextmanager
def plain_browser(url: str, profile: Path) -> Iterator[None]:
    """A page of 1280×800 that nobody leads, with its browser's files in `profile`."""
    command = [
        CHROMIUM,
        "--headless=new",
        *FLAGS,
        "--window-size=1280,800",
        f"--user-data-dir={profile}",
        url,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def memory_mb(planner: int, profile: Path) -> dict[str, float]:
    """MB of the planner's process, of the processes that it started, and of all of the browser's."""
    found = {"planner": _pss_mb(planner), "page": 0.0, "browser": 0.0}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == planner:
                found["page"] += _pss_mb(int(process.name))
            elif str(profile) in (process / "cmdline").read_text():
                found["browser"] += _pss_mb(int(process.name))
        except OSError:  # it has ended since
            continue
    return found


def _pss_mb(pid: int) -> float:
    """What a process uses, with its share of what it has in common with others."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()
