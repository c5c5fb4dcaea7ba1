"""How joint states come: how often, how old by their own stamp, in which order."""

from dataclasses import dataclass

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.clock import Clock
from wm_robot.core.protocols import Robot
from wm_robot.core.types import JointState
from wm_robot.robots import RobotSpec
from wm_robot.runtime.check.finding import Finding, Level, judged


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A joint state, and when it was read, ns on the same clock as its stamp."""

    now_ns: int
    state: JointState


def watch(robot: Robot, spec: RobotSpec, clock: Clock, seconds: float) -> list[Reading]:
    """Readings at twice the control rate, which shows each state of an arm that keeps the control rate.

    Raises:
        DriverError: the connection is lost.
    """
    period_ns = round(0.5e9 / spec.control_rate_hz)
    next_ns = clock.now_ns()
    end_ns = next_ns + round(seconds * 1e9)
    readings = []
    while not readings or next_ns < end_ns:
        state = robot.read()
        readings.append(Reading(now_ns=clock.now_ns(), state=state))
        next_ns = max(next_ns + period_ns, clock.now_ns())
        clock.sleep_until_ns(next_ns)
    return readings


def stream_findings(spec: RobotSpec, readings: list[Reading]) -> list[Finding]:
    """Order, rate and age of the readings against the RobotSpec's rate and watchdog limits."""
    stamps_ns = np.array([reading.state.stamp_ns for reading in readings])
    steps_ns = np.diff(stamps_ns)
    ages_s = (np.array([reading.now_ns for reading in readings]) - stamps_ns) * 1e-9
    limit_s = spec.watchdogs.joint_state_s
    backwards = int(np.count_nonzero(steps_ns < 0))
    return [
        judged(
            "stamps",
            f"{backwards} of {len(readings)} states older than the one before",
            (backwards > 0, Level.PROBLEM, "its clock jumps, or two arms publish under one name: find out"),
        ),
        _rate(spec, steps_ns[steps_ns > 0] * 1e-9),
        judged(
            "age of states",
            f"p50 {_ms(ages_s, 50)}, p99 {_ms(ages_s, 99)}, youngest {1e3 * ages_s.min():.1f} ms; "
            f"at most {1e3 * limit_s:.0f} ms are allowed",
            (
                float(np.percentile(ages_s, 99)) > limit_s,
                Level.PROBLEM,
                "the watchdogs would stop the arm: look for a slow network, a busy machine, or clocks apart",
            ),
            (
                bool(ages_s.min() < -limit_s),
                Level.PROBLEM,
                "states from the future: synchronise the clocks of both machines (NTP or PTP)",
            ),
        ),
    ]


def _rate(spec: RobotSpec, gaps_s: FloatArray) -> Finding:
    name, limit_s = "rate of states", spec.watchdogs.joint_state_s
    if len(gaps_s) == 0:
        return Finding(
            name=name,
            level=Level.PROBLEM,
            detail="one state and no newer one",
            advice="the arm has stopped telling where it is: look at its controller, or its cables",
        )
    rate_hz = 1 / gaps_s.mean()
    return judged(
        name,
        f"{rate_hz:.0f} Hz, gaps p50 {_ms(gaps_s, 50)}, p99 {_ms(gaps_s, 99)}; "
        f"looked at {2 * spec.control_rate_hz:.0f} times a second",
        (
            float(np.percentile(gaps_s, 99)) > limit_s,
            Level.PROBLEM,
            f"the watchdogs would stop the arm: gaps longer than {1e3 * limit_s:.0f} ms",
        ),
        (
            rate_hz < 0.9 * spec.control_rate_hz,
            Level.WARNING,
            f"below the control rate of {spec.control_rate_hz:.0f} Hz, so the loop sees states twice: "
            "raise the arm's rate, or leave this machine less to do",
        ),
    )


def _ms(values_s: FloatArray, percent: float) -> str:
    return f"{1e3 * np.percentile(values_s, percent):.1f} ms"
