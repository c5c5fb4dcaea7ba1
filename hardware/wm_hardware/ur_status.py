"""What a UR controller says about itself, in words.

Source: Universal Robots, Real-Time Data Exchange (RTDE) Guide: robot_mode, safety_mode, runtime_state.
"""

ROBOT_MODES = {
    -1: "no controller",
    0: "disconnected",
    1: "confirm safety",
    2: "booting",
    3: "power off",
    4: "power on",
    5: "idle: brakes on",
    6: "backdrive",
    7: "running",
    8: "updating firmware",
}
SAFETY_MODES = {
    1: "normal",
    2: "reduced",
    3: "protective stop",
    4: "recovery",
    5: "safeguard stop",
    6: "system emergency stop",
    7: "robot emergency stop",
    8: "safety violation",
    9: "safety fault",
    10: "validate joint id",
    11: "undefined safety mode",
    12: "automatic-mode safeguard stop",
    13: "three-position enabling stop",
}
PROGRAM_STATES = {0: "stopping", 1: "stopped", 2: "playing", 3: "pausing", 4: "paused", 5: "resuming"}
RUNNING, NORMAL, REDUCED, PLAYING = 7, 1, 2, 2


def arm_fault(robot_mode: int, safety_mode: int) -> str:
    """Why the arm cannot move, "" if it can: the safety mode first, for it explains the robot mode."""
    if safety_mode not in (NORMAL, REDUCED):
        return SAFETY_MODES.get(safety_mode, f"safety mode {safety_mode}")
    if robot_mode != RUNNING:
        return f"robot mode: {ROBOT_MODES.get(robot_mode, robot_mode)}"
    return ""
