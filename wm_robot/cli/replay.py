"""Repeat the decisions of a run from its flight log, bit for bit, and say where they differ.

The exit code is 0 when every cycle came out the same, and 1 when one did not.

Example: wmr replay runs/2026-05-04T10-12-00
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from wm_robot.core.serialization import to_json
from wm_robot.core.version import commit
from wm_robot.runtime.flight_summary import FlightSummary, summarize
from wm_robot.runtime.replay import PIPELINES, Difference, repetition
from wm_robot.runtime.run_metadata import FLIGHT, RunMetadata, read_run_metadata, versions

DIFFERS = 1


@dataclass(frozen=True, kw_only=True)
class ReplayConfig:
    """Options of `wmr replay`.

    Args:
        run: folder of a run, or its flight log.
        shown: how many differences to list.
        json: print one JSON object on standard output.
    """

    run: Annotated[Path, tyro.conf.Positional]
    shown: int = 10
    json: bool = False


def run(config: ReplayConfig) -> int:
    path = config.run / FLIGHT if config.run.is_dir() else config.run
    metadata = read_run_metadata(path)
    repeater = PIPELINES.get(metadata.pipeline)(metadata)
    summary = summarize(path, metadata.robot.control_rate_hz)
    first: list[Difference] = []
    differing: Counter[int] = Counter()
    for difference in repetition(path, repeater):
        differing[difference.stamp_ns] += 1
        if len(first) < config.shown:
            first.append(difference)
    identical = not differing and not summary.lost
    answer = {
        "run": str(config.run),
        "identical": identical,
        "differing_cycles": len(differing),
        "differences": to_json(first),
        "changed_since": changed_since(metadata),
        **to_json(summary),
    }
    if config.json:
        print(json.dumps(answer))
    else:
        lines = [*summary_lines(summary), *verdict_lines(summary, differing, first, metadata)]
        Console(soft_wrap=True, highlight=False, markup=False).print("\n".join(lines))
    return 0 if identical else DIFFERS


def summary_lines(summary: FlightSummary) -> list[str]:
    """The run in a few lines."""
    lines = [
        f"{summary.cycles} cycles in {summary.duration_s:.3f} s, "
        f"at most {1e3 * summary.worst_period_s:.2f} ms from one to the next; a period is wrong by "
        f"{1e3 * summary.period_error_p50_s:.2f} ms (p50), {1e3 * summary.period_error_p99_s:.2f} ms (p99)"
    ]
    if not summary.whole:
        lines.append("the log was never closed: the process died; cycles of its last second may be missing")
    lines += [f"{lost.count} messages of {lost.topic} are missing: {lost.reason}" for lost in summary.lost]
    lines += [
        f"{change.at_s:10.3f} s  {change.state}{': ' if change.reasons else ''}{', '.join(change.reasons)}"
        for change in summary.changes
    ]
    return lines


def verdict_lines(
    summary: FlightSummary, differing: Counter[int], first: list[Difference], metadata: RunMetadata
) -> list[str]:
    """What came of the repetition, with the likely cause where it differs."""
    if not differing:
        lost = "; what is missing could not be" if summary.lost else ""
        return [f"{summary.cycles} cycles repeated bit for bit{lost}"]
    lines = [f"{len(differing)} of {summary.cycles} cycles differ; the first values:"]
    lines += [
        f"  tick {d.stamp_ns}  {d.field or d.topic}: logged {d.logged}, repeated {d.repeated}" for d in first
    ]
    return lines + [f"since the run, {change}" for change in changed_since(metadata)]


def changed_since(metadata: RunMetadata) -> list[str]:
    """What is not as it was when the run was made, and so may change its numbers."""
    now = {"commit": commit(), **versions()}
    then = {"commit": metadata.commit, **metadata.versions}
    return [
        f"{name} became {now.get(name, 'missing')}, it was {was}"
        for name, was in then.items()
        if now.get(name) != was
    ]
