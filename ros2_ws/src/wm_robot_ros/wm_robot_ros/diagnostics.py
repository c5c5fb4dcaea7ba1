"""How a node is → diagnostic_msgs; needs no ROS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wm_robot_ros.ros_time import fill

LATE = 0.5
"""Share of a control period by which its 99th percentile may be wrong."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """One line of /diagnostics.

    Args:
        level: "OK", "WARN" or "ERROR".
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


def of_planner(busy: bool, recent: Sequence[tuple[float, float, bool]]) -> Diagnosis:
    """What the last plans say of the planner.

    Args:
        busy: whether a goal is pursued.
        recent: of each plan: its time, s, the age of its observation, s, and whether it missed its deadline.
    """
    state = "a goal is pursued" if busy else "ready for a goal"
    if not recent:
        return Diagnosis(level="OK", message=state)
    plan_s, age_s, missed = zip(*recent, strict=True)
    values = {
        "plan time p50 [ms]": f"{1000 * np.quantile(plan_s, 0.5):.1f}",
        "plan time p99 [ms]": f"{1000 * np.quantile(plan_s, 0.99):.1f}",
        "observation age p99 [ms]": f"{1000 * np.quantile(age_s, 0.99):.1f}",
        "plans": len(recent),
        "deadlines missed": sum(missed),
    }
    if any(missed):
        return Diagnosis(level="WARN", message=f"{state}; plans come later than budget_ms", values=values)
    return Diagnosis(level="OK", message=state, values=values)
