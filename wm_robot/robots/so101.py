"""SO-101: five joints, one-jaw gripper, hobby servos."""

from wm_robot.robots.limits import Imperfections
from wm_robot.robots.robot_spec import Box, RobotSpec

SO101 = RobotSpec(
    name="so101",
    joint_names=("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll"),
    lower=(-1.91986, -1.74533, -1.69, -1.65806, -2.74385),
    upper=(1.91986, 1.74533, 1.69, 1.65806, 2.84121),
    # The description's 10 rad/s is no more than a placeholder: an STS3215 turns 45 rpm at 7.4 V, unloaded.
    max_velocity=(4.7, 4.7, 4.7, 4.7, 4.7),
    max_acceleration=(20.0, 20.0, 20.0, 20.0, 20.0),
    max_jerk=(400.0,) * 5,
    control_rate_hz=50.0,  # a sync read and a sync write of six servos at 1 Mbaud take about 4 ms
    servo_lag_s=0.06,
    home=(0.0, 0.0336, 0.6759, 0.8613, 0.0),
    end_effector="end_effector",
    gripper_joint="gripper",
    gripper_holding=0.2,
    free_tool_yaw=True,
    tool_radius=0.01,
    # On a riser: with its base on the table, the wrist could not bend far enough to point the tool down.
    base_position=(-0.0388353, 0.0, 0.115),
    workspace=Box(low=(0.09, -0.14, 0.01), high=(0.23, 0.14, 0.1)),
    source="example-robot-data 6.0, robots/so_arm_description/urdf/so101.urdf (TheRobotStudio SO-ARM100)",
    licence="Apache-2.0",
    # One step of a servo's encoder is 2π / 4096 = 1.5 mrad; hobby gears have about a degree of play.
    imperfections=Imperfections(delay_s=0.02, backlash_rad=0.01, q_noise_rad=8e-4, v_noise_rad_s=0.02),
)
