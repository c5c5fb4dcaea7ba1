"""Interleaved timing: what runs beside the benchmark slows every contestant alike."""

import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from wm_robot.core.arrays import FloatArray

REST_S = 0.02
"""Pause before a contestant: OpenMP threads, such as torch's, spin for milliseconds after their last work,
and would take a core from whoever comes next."""


@dataclass(frozen=True, kw_only=True)
class Samples:
    """One contestant's measurements, a row a round.

    Args:
        seconds: (rounds,).
        page_faults: of the whole process during the call (rounds,).
        counted: whatever else the caller counts, during the call (rounds,).
    """

    seconds: FloatArray
    page_faults: FloatArray
    counted: FloatArray


def interleaved(
    calls: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    warm_up: int = 3,
    counter: Callable[[], int] = lambda: 0,
    on_round: Callable[[], None] = lambda: None,
) -> dict[str, Samples]:
    """Every call once a round, in an order that turns, after `warm_up` unmeasured rounds.

    Where there are several, each begins rested.

    Args:
        calls: contestants by name.
        rounds: measured rounds.
        warm_up: rounds before them.
        counter: a running count, such as of allocations.
        on_round: called after each round.
    """
    rows: dict[str, list[tuple[float, int, int]]] = {name: [] for name in calls}
    names = list(calls)
    for number in range(warm_up + rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            if len(calls) > 1:
                time.sleep(REST_S)
            faults, counted = _page_faults(), counter()
            began = time.perf_counter()
            calls[name]()
            row = time.perf_counter() - began, _page_faults() - faults, counter() - counted
            if number >= warm_up:
                rows[name].append(row)
        on_round()
    columns = {name: np.array(r, dtype=float).T for name, r in rows.items()}
    return {name: Samples(seconds=c[0], page_faults=c[1], counted=c[2]) for name, c in columns.items()}


def _page_faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
