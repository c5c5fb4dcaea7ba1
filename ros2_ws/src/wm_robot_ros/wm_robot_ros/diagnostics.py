"""How a node is → diagnostic_msgs; needs no ROS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wm_robot_ros.ros_time import fill

LATE = 0.5
"""Share of a control period by which its 99th percentile may be wrong."""

STALE_S = 1.0
"""Age of a picture after which its camera is said to have stopped."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """One line of /diagnostics.

    Args:
        level: "OK", "WARN", "ERROR" or "STALE".
        message: for people.
        values: by name.
    """

    level: str
    message: str
    values: Mapping[str, Any] = field(default_factory=dict)


INACTIVE = Diagnosis(level="OK", message="inactive: the arm is not commanded")
INACTIVE_PLANNER = Diagnosis(level="OK", message="inactive: no goals are taken")


def diagnostics(messages: Any, now_ns: int, node: str, diagnosis: Diagnosis) -> Any:
    """A diagnostic_msgs/DiagnosticArray of one entry.

    Args:
        messages: namespace with DiagnosticArray, DiagnosticStatus and KeyValue.
        now_ns: ROS time.
        node: full name.
        diagnosis: of the node.
    """
    status = messages.DiagnosticStatus(name=node.lstrip("/"), message=diagnosis.message)
    status.level = getattr(messages.DiagnosticStatus, diagnosis.level)
    status.values = [messages.KeyValue(key=key, value=str(value)) for key, value in diagnosis.values.items()]
    array = messages.DiagnosticArray(status=[status])
    fill(array.header.stamp, now_ns)
    return array


def of_safety(status: Any, rate_hz: float) -> Diagnosis:
    """What a SafetyStatus says of the arm.

    Args:
        status: the newest.
        rate_hz: of the control loop.
    """
    if status.mode == status.INACTIVE:
        return INACTIVE
    names = {getattr(status, name): name.lower() for name in ("STOPPED", "RUNNING", "STOPPING", "LATCHED")}
    state, p99_ms = names[status.mode], 1000 * status.period_error_p99
    values = {
        "state": state,
        "last event": status.event,
        "cycles": status.cycles,
        "period error p50 [ms]": f"{1000 * status.period_error_p50:.3f}",
        "period error p99 [ms]": f"{p99_ms:.3f}",
    }
    if status.fault_words:
        return Diagnosis(level="ERROR", message=f"{state}: {', '.join(status.fault_words)}", values=values)
    if p99_ms > LATE * 1000 / rate_hz:
        return Diagnosis(level="WARN", message=f"{state}; the control loop is held up", values=values)
    return Diagnosis(level="OK", message=state, values=values)


def of_planner(
    busy: bool,
    recent: Sequence[tuple[float, float, bool]],
    *,
    ages_s: Mapping[str, float],
    dropped: Mapping[str, int],
    fault: str = "",
) -> Diagnosis:
    """What the last plans and pictures say of the planner.

    Args:
        busy: whether a goal is pursued.
        recent: of each plan: its time, s, the age of its observation, s, and whether it missed its deadline.
        ages_s: of the newest picture of each camera.
        dropped: pictures of each camera that came after a newer one.
        fault: what keeps the planner from pursuing a goal.
    """
    state = "a goal is pursued" if busy else "ready for a goal"
    values: dict[str, Any] = {f"age of {name} [ms]": f"{1000 * age:.0f}" for name, age in ages_s.items()}
    values |= {f"pictures of {name} out of order": count for name, count in dropped.items()}
    missed = 0
    if recent:
        plan_s, age_s, late = zip(*recent, strict=True)
        missed = sum(late)
        values |= {
            "plan time p50 [ms]": f"{1000 * np.quantile(plan_s, 0.5):.1f}",
            "plan time p99 [ms]": f"{1000 * np.quantile(plan_s, 0.99):.1f}",
            "observation age p99 [ms]": f"{1000 * np.quantile(age_s, 0.99):.1f}",
            "plans": len(recent),
            "deadlines missed": missed,
        }
    stale = [name for name, age in ages_s.items() if age > STALE_S]
    if fault:
        return Diagnosis(level="ERROR", message=fault, values=values)
    if stale:
        return Diagnosis(level="STALE", message=f"no new picture of {', '.join(stale)}", values=values)
    if missed:
        return Diagnosis(level="WARN", message=f"{state}; plans come later than budget_ms", values=values)
    return Diagnosis(level="OK", message=state, values=values)
