"""Universal Robots UR5e: six joints, a tool bolted to the flange, no gripper."""

from math import pi

from wm_robot.robots.limits import Imperfections
from wm_robot.robots.robot_spec import Box, RobotSpec

UR5E = RobotSpec(
    name="ur5e",
    joint_names=(
        "shoulder_pan_joint",
        "shoulder_lift_joint",
        "elbow_joint",
        "wrist_1_joint",
        "wrist_2_joint",
        "wrist_3_joint",
    ),
    lower=(-2 * pi, -2 * pi, -pi, -2 * pi, -2 * pi, -2 * pi),
    upper=(2 * pi, 2 * pi, pi, 2 * pi, 2 * pi, 2 * pi),
    max_velocity=(pi, pi, pi, pi, pi, pi),
    # Universal Robots publishes none; this is well below what the joints do.
    max_acceleration=(10.0, 10.0, 10.0, 10.0, 10.0, 10.0),
    max_jerk=(200.0,) * 6,
    control_rate_hz=250.0,
    servo_lag_s=0.05,
    home=(0.2699, -1.6805, -2.0047, -1.0272, 1.5708, -1.3009),
    end_effector="end_effector",
    gripper_joint=None,
    gripper_holding=0.0,
    free_tool_yaw=False,
    tool_radius=0.02,
    base_position=(0.0, 0.0, 0.0),
    workspace=Box(low=(0.31, -0.2, 0.015), high=(0.69, 0.2, 0.27)),
    source="Universal Robots, DH Parameters for calculations of kinematics and dynamics (UR5e)",
    licence="published figures; model Apache-2.0",
    imperfections=Imperfections(delay_s=0.008, q_noise_rad=2e-5, v_noise_rad_s=2e-3),
)
