"""Where the joints stand, how far from their limits, and how quietly."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.core.joints import places
from wm_robot.core.types import JointState
from wm_robot.robots import RobotSpec
from wm_robot.runtime.check.finding import Finding, Level, judged
from wm_robot.runtime.check.joint_stream import Reading
from wm_robot.runtime.control.controller import STANDSTILL_RAD_S

NEAR_RAD = 0.05
"""Distance to a limit that is worth a word."""

RANGE_SLACK_RAD = 0.02
"""By which two ranges of one joint may differ: about a degree."""


@runtime_checkable
class KnowsItsRange(Protocol):
    """A driver whose arm tells how far its joints go."""

    @property
    def joint_range(self) -> tuple[FloatArray, FloatArray]:
        """Lowest and highest joint positions (nq,), rad, in the order of the RobotSpec."""
        ...


@dataclass(frozen=True, kw_only=True)
class JointPlace:
    """One joint at rest.

    Args:
        name: of the joint.
        position_rad: mean.
        share: of its range, 0 at the lower limit and 1 at the upper.
        to_limit_rad: distance to the nearer limit, negative outside.
        noise_rad: standard deviation.
        speed_rad_s: root mean square, so that a noisy sensor of an arm at rest is none that moves.
    """

    name: str
    position_rad: float
    share: float
    to_limit_rad: float
    noise_rad: float
    speed_rad_s: float


def joint_places(spec: RobotSpec, readings: list[Reading]) -> list[JointPlace]:
    """One row a joint of the RobotSpec.

    Raises:
        WmrError: the arm has other joints.
    """
    q = np.array([_in_order(spec, reading.state, reading.state.q) for reading in readings])  # (n, nq)
    v = np.array([_in_order(spec, reading.state, reading.state.v) for reading in readings])  # (n, nq)
    rows = []
    for i, name in enumerate(spec.joint_names):
        mean, low, high = float(q[:, i].mean()), spec.lower[i], spec.upper[i]
        rows.append(
            JointPlace(
                name=name,
                position_rad=mean,
                share=(mean - low) / (high - low),
                to_limit_rad=min(mean - low, high - mean),
                noise_rad=float(q[:, i].std()),
                speed_rad_s=float(np.sqrt(np.mean(np.nan_to_num(v[:, i]) ** 2))),
            )
        )
    return rows


def _in_order(spec: RobotSpec, state: JointState, values: FloatArray) -> FloatArray:
    order = places(state.joint_names, spec.joint_names)
    if len(values) != len(state.joint_names):
        raise WmrError(f"{len(values)} numbers for the {len(state.joint_names)} joints of the state")
    return np.asarray(values, dtype=float)[order]


def place_findings(rows: list[JointPlace]) -> list[Finding]:
    """Numbers, limits and standstill."""
    not_numbers = [row.name for row in rows if not np.isfinite(row.position_rad)]
    nearest = min(rows, key=lambda row: row.to_limit_rad)
    fastest = max(rows, key=lambda row: row.speed_rad_s)
    noisiest = max(rows, key=lambda row: row.noise_rad)
    return [
        judged(
            "joints",
            f"{len(rows)} found by name",
            (bool(not_numbers), Level.PROBLEM, f"NaN or infinity from {', '.join(not_numbers)}: no encoder?"),
        ),
        judged(
            "distance to limits",
            f"{nearest.name} is nearest, {np.rad2deg(nearest.to_limit_rad):.1f}°",
            (
                nearest.to_limit_rad < 0,
                Level.PROBLEM,
                "outside: bring it inside by hand or with the arm's own controls, or compare the RobotSpec",
            ),
            (nearest.to_limit_rad < NEAR_RAD, Level.WARNING, "move it further inside before a run"),
        ),
        judged(
            "standstill",
            f"speed at most {fastest.speed_rad_s:.3f} rad/s ({fastest.name}), "
            f"noise at most {1e3 * noisiest.noise_rad:.3f} mrad ({noisiest.name})",
            (
                fastest.speed_rad_s > STANDSTILL_RAD_S,
                Level.WARNING,
                f"above {STANDSTILL_RAD_S} rad/s a run does not start: let the arm come to rest",
            ),
        ),
    ]


def range_finding(spec: RobotSpec, arm: object) -> Finding:
    """The RobotSpec's position limits against the arm's own."""
    name = "limits"
    if not isinstance(arm, KnowsItsRange):
        detail = "the driver does not tell the arm's own; the RobotSpec's hold"
        return Finding(name=name, level=Level.OK, detail=detail)
    lower, upper = arm.joint_range
    beyond = [
        f"{joint} {np.rad2deg(spec.lower[i]):.0f} to {np.rad2deg(spec.upper[i]):.0f}°, "
        f"the arm {np.rad2deg(lower[i]):.0f} to {np.rad2deg(upper[i]):.0f}°"
        for i, joint in enumerate(spec.joint_names)
        if spec.lower[i] < lower[i] - RANGE_SLACK_RAD or spec.upper[i] > upper[i] + RANGE_SLACK_RAD
    ]
    return judged(
        name,
        "; ".join(beyond) or "the arm's own ranges hold those of the RobotSpec",
        (
            bool(beyond),
            Level.WARNING,
            "targets beyond the arm's own range end at its border: calibrate again, or narrow the RobotSpec",
        ),
    )
