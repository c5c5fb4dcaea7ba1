"""What a person wants to know of a run at first: how long, how regular, what stopped it."""

from dataclasses import dataclass, field
from pathlib import Path

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
        changes: of the emergency stop's state, the first cycle's included.
        events: what else happened.
        lost: messages that could not be logged.
    """

    whole: bool
    cycles: int = 0
    duration_s: float = 0.0
    worst_period_s: float = 0.0
    changes: list[StateChange] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)


def summarize(path: Path) -> FlightSummary:
    """The figures of the log `path`.

    Raises:
        FlightLogError, WmrError: as `read_flight`.
    """
    summary = FlightSummary(whole=is_whole(path))
    first_ns = last_ns = None
    for record in read_flight(path, {OUTPUTS: TOPICS[OUTPUTS], EVENTS: Event, LOST_TOPIC: Lost}):
        if record.topic == EVENTS:
            summary.events.append(record.message)
        elif record.topic == LOST_TOPIC:
            summary.lost.append(record.message)
        else:
            outputs, now_ns = record.message, record.stamp_ns
            first_ns = now_ns if first_ns is None else first_ns
            period_s = 0.0 if last_ns is None else (now_ns - last_ns) * 1e-9
            last_ns = now_ns
            summary.cycles += 1
            summary.duration_s = (now_ns - first_ns) * 1e-9
            summary.worst_period_s = max(summary.worst_period_s, period_s)
            if not summary.changes or summary.changes[-1].state != outputs.state:
                reasons = outputs.faults + outputs.reasons
                change = StateChange(at_s=summary.duration_s, state=outputs.state, reasons=reasons)
                summary.changes.append(change)
    return summary
