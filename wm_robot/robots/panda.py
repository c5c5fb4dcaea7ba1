"""Franka Emika Panda: seven joints, two-finger hand."""

from wm_robot.robots.limits import Imperfections, WatchdogLimits
from wm_robot.robots.robot_spec import Box, RobotSpec

PANDA = RobotSpec(
    name="panda",
    joint_names=tuple(f"panda_joint{i}" for i in range(1, 8)),
    lower=(-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973),
    upper=(2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973),
    max_velocity=(2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61),
    max_acceleration=(15.0, 7.5, 10.0, 12.5, 15.0, 20.0, 20.0),
    # Franka allows ten times as much; at a tenth, full acceleration is still reached in 20 ms.
    max_jerk=(750.0, 375.0, 500.0, 625.0, 750.0, 1000.0, 1000.0),
    control_rate_hz=250.0,
    servo_lag_s=0.005,
    home=(0.0, -0.0098, 0.0, -2.3144, 0.0, 2.3046, 0.785398),
    end_effector="end_effector",
    gripper_joint="panda_finger_joint1",
    gripper_holding=0.02,
    free_tool_yaw=False,
    tool_radius=0.02,
    base_position=(0.0, 0.0, 0.0),
    workspace=Box(low=(0.31, -0.2, 0.015), high=(0.69, 0.2, 0.27)),
    source="example-robot-data 6.0, robots/panda_description/urdf/panda.urdf (franka_ros franka_description)",
    licence="Apache-2.0",
    watchdogs=WatchdogLimits(tracking_rad=0.08),
    imperfections=Imperfections(delay_s=0.004, q_noise_rad=1e-5, v_noise_rad_s=1e-3),
)
