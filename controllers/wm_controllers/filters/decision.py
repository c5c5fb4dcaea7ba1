"""What a safety filter answers."""

from dataclasses import dataclass
from enum import StrEnum

from wm_robot.core.arrays import FloatArray


class Reason(StrEnum):
    """Why the arm does not do what was asked."""

    INVALID = "invalid command"
    """NaN, infinity, a wrong shape or a wrong set of joints: braked."""
    OUT_OF_ORDER = "command out of order"
    """A stamp that is not after the one before: the older target stands."""
    POSITION = "position limit"
    """The target was beyond a joint's limit."""
    RATE = "velocity, acceleration or jerk limit"
    """The target is approached as fast as the limits allow."""
    RAMP = "start-up ramp"
    SINGULARITY = "near a singularity"
    """Slowed down."""
    BARRIER = "near an obstacle, the arm itself or the edge of the workspace"
    """Turned aside by the barrier constraints."""
    UNSAFE = "no safe step towards the target"
    """Braked: after any step but the brake's, a stop would come too late."""
    STOP = "stop asked for"


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the joints shall be one control period from now, and how they pass there.

    q (nq,), rad; v (nq,), rad/s; a (nq,), rad/s²; `reasons` is empty where the command was followed.
    """

    q: FloatArray
    v: FloatArray
    a: FloatArray
    reasons: tuple[Reason, ...] = ()
