"""What a person wants to know of a run at first: how long, how regular, what stopped it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wm_robot.data.flight.log import LOST_TOPIC, Lost
from wm_robot.data.flight.reader import is_whole, read_flight
from wm_robot.runtime.flight_messages import EVENTS, OUTPUTS, TOPICS, Event


@dataclass(frozen=True, kw_only=True)
class StateChange:
    """A cycle that ended in another state of the emergency stop than the one before.

    Args:
        at_s: time since the first cycle, seconds.
        state: the new one.
        reasons: what keeps the arm from running, then what changed its command.
    """

    at_s: float
    state: str
    reasons: tuple[str, ...]


@dataclass(kw_only=True)
class FlightSummary:
    """A run in a few figures.

    Args:
        whole: whether the log was closed; False where the process died.
        cycles: that were finished.
        duration_s: from the first to the last of them.
        worst_period_s: the longest time from one cycle to the next.
        period_error_p50_s: by which that time misses the nominal one, in the median.
        period_error_p99_s: the same, 99th percentile.
        changes: of the emergency stop's state, the first cycle's included.
        events: what else happened.
        lost: messages that could not be logged.
    """

    whole: bool
    cycles: int = 0
    duration_s: float = 0.0
    worst_period_s: float = 0.0
    period_error_p50_s: float = 0.0
    period_error_p99_s: float = 0.0
    changes: list[StateChange] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)


def summarize(path: Path, rate_hz: float) -> FlightSummary:
    """The figures of the log `path` of a loop that was to run at `rate_hz`.

    Raises:
        FlightLogError, WmrError: as `read_flight`.
    """
    summary = FlightSummary(whole=is_whole(path))
    stamps: list[int] = []
    for record in read_flight(path, {OUTPUTS: TOPICS[OUTPUTS], EVENTS: Event, LOST_TOPIC: Lost}):
        if record.topic == EVENTS:
            summary.events.append(record.message)
        elif record.topic == LOST_TOPIC:
            summary.lost.append(record.message)
        else:
            outputs = record.message
            stamps.append(record.stamp_ns)
            summary.duration_s = (record.stamp_ns - stamps[0]) * 1e-9
            if not summary.changes or summary.changes[-1].state != outputs.state:
                reasons = outputs.faults + outputs.reasons
                change = StateChange(at_s=summary.duration_s, state=outputs.state, reasons=reasons)
                summary.changes.append(change)
    summary.cycles = len(stamps)
    if len(stamps) > 1:
        periods_s = np.diff(stamps) * 1e-9
        errors_s = np.abs(periods_s - 1 / rate_hz)
        summary.worst_period_s = float(periods_s.max())
        summary.period_error_p50_s, summary.period_error_p99_s = np.quantile(errors_s, (0.5, 0.99)).tolist()
    return summary
