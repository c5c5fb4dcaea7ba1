"""An SO-101 of emulated servos, calibrated, with its file."""

import json
from dataclasses import replace

import numpy as np
from servo_bus import Servo, ServoBus
from wm_hardware.so101 import SO101Config, SO101Driver

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.types import JointCommand
from wm_robot.robots import get_robot

# A slow control loop, whose patience outlasts what a busy test machine does to threads.
SPEC = replace(get_robot("so101"), control_rate_hz=1.0)
JOINTS = (*SPEC.joint_names, "gripper")
PATIENCE_S = 0.25
CALIBRATION = {
    "shoulder_pan": {"id": 1, "drive_mode": 0, "homing_offset": -85, "range_min": 747, "range_max": 3347},
    "shoulder_lift": {"id": 2, "drive_mode": 0, "homing_offset": 120, "range_min": 847, "range_max": 3247},
    "elbow_flex": {"id": 3, "drive_mode": 0, "homing_offset": 0, "range_min": 900, "range_max": 3100},
    "wrist_flex": {"id": 4, "drive_mode": 1, "homing_offset": 7, "range_min": 1000, "range_max": 3000},
    "wrist_roll": {"id": 5, "drive_mode": 0, "homing_offset": -2047, "range_min": 0, "range_max": 4095},
    "gripper": {"id": 6, "drive_mode": 0, "homing_offset": 300, "range_min": 2000, "range_max": 3000},
}


def so101_servos():
    """Servos 1 to 6 as a calibration left them, each 100 ticks above its lowest position."""
    servos = {}
    for joint in CALIBRATION.values():
        offset, servo = joint["homing_offset"], Servo(joint["id"])
        servo.set(31, abs(offset) | (offset < 0) << 11, 2)
        servo.set(9, joint["range_min"], 2)
        servo.set(11, joint["range_max"], 2)
        servo.set(42, 4000, 2)  # an old goal: where the torque comes on without a new one, it shows
        servo.set(55, 1)
        servo.keep()
        servo.encoder = (joint["range_min"] + 100 + offset) % 4096
        servos[joint["id"]] = servo
    return servos


def so101_bus():
    return ServoBus(so101_servos())


def so101_driver(bus, folder, **config):
    """A driver, not yet connected, whose calibration file is in `folder`."""
    file = folder / "so101.json"
    if not file.exists():
        file.write_text(json.dumps(CALIBRATION))
    config = {"reply_timeout_s": PATIENCE_S, "attempts": 3, **config}
    return SO101Driver(SPEC, SO101Config(port=bus.port, calibration=file, **config), SimulatedClock())


def target(q, gripper=None):
    """A command of all joints to `q` (a number, or one a joint)."""
    return JointCommand(
        stamp_ns=0,
        joint_names=SPEC.joint_names,
        q=np.broadcast_to(np.asarray(q, dtype=float), (5,)),
        v=np.zeros(5),
        gripper=gripper,
    )


def settled(driver):
    """A read behind the last write: when it is answered, the servos have taken the write."""
    return driver.read()
