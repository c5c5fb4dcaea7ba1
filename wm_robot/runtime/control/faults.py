"""What stops an arm."""

from enum import StrEnum


class Fault(StrEnum):
    """Each brings the arm to a standstill and latches there until somebody resets."""

    ESTOP = "emergency stop asked for"
    DRIVER_LOST = "the connection to the arm is lost"
    ROBOT_FAULT = "the arm itself has stopped"
    STATE_STALE = "joint state is too old"
    STATE_INVALID = "joint state holds NaN, infinity or not a number a joint"
    STATE_JOINTS = "joint state is of another set of joints"
    STATE_BACKWARDS = "joint state is older than the one before"
    STATE_AHEAD = "joint state is from the future"
    TRACKING = "the arm does not follow its commands"
    OUTSIDE_LIMITS = "a joint is measured outside its limits"
    CAMERA_STALE = "camera frame is too old"
    CAMERA_FROZEN = "camera picture does not change while the arm moves"
    CAMERA_BACKWARDS = "camera frame is older than the one before"
    CHUNK_INVALID = "action chunk holds NaN, infinity or another number of actions"
    CHUNK_STALE = "no chunk from a fresh observation comes"
    PLANNER_DEAD = "the planner process has ended or is silent"
    PLANNER_OVERRUN = "a plan takes too long"
    LOOP_LATE = "the control loop was held up"
    CLOCK_JUMP = "the system clock jumped"
    SECOND_PUBLISHER = "somebody else commands the arm"
    NO_SOLUTION = "no joint motion leads where the plan goes"


BLIND = frozenset({Fault.DRIVER_LOST, Fault.STATE_STALE, Fault.STATE_INVALID, Fault.STATE_JOINTS})
"""Leave nobody able to say by measurement whether the arm stands."""

OF_THE_PLANNER = frozenset(
    {
        Fault.CAMERA_STALE,
        Fault.CAMERA_FROZEN,
        Fault.CAMERA_BACKWARDS,
        Fault.PLANNER_DEAD,
        Fault.PLANNER_OVERRUN,
    }
)
"""Matter while chunks move the arm; a planner that looks for its next goal may take its time."""
