"""robot.launch.py with sim:=true: MuJoCo, planner and safety controller.

Example: ros2 launch wm_robot_bringup sim.launch.py robot:=panda task:=reach
"""

from launch import LaunchDescription
from launch.actions import OpaqueFunction
from wm_robot_bringup.arguments import SIM_LAUNCH
from wm_robot_bringup.bringup import declare, start_arm


def generate_launch_description() -> LaunchDescription:
    start = OpaqueFunction(function=start_arm, kwargs={"sim": "true"})
    return LaunchDescription([*declare(SIM_LAUNCH), start])
