"""sim.launch.py, and goals through the action: how many are reached, with a 95 % interval.

Example: ros2 launch wm_robot_bringup validate.launch.py episodes:=20 output:=result.json
"""

from launch import LaunchDescription
from launch.actions import OpaqueFunction
from wm_robot_bringup.arguments import VALIDATE_LAUNCH
from wm_robot_bringup.bringup import declare, start_arm, start_validation


def generate_launch_description() -> LaunchDescription:
    arm = OpaqueFunction(function=start_arm, kwargs={"sim": "true"})
    return LaunchDescription([*declare(VALIDATE_LAUNCH), arm, OpaqueFunction(function=start_validation)])
