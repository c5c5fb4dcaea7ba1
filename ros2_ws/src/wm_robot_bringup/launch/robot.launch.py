"""Planner and safety controller for an arm that ROS already drives; with sim:=true MuJoCo is the arm.

Example: ros2 launch wm_robot_bringup robot.launch.py robot:=ur5e config:=my_cell.yaml
"""

from launch import LaunchDescription
from launch.actions import OpaqueFunction
from wm_robot_bringup.arguments import ROBOT_LAUNCH
from wm_robot_bringup.bringup import declare, start_arm


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*declare(ROBOT_LAUNCH), OpaqueFunction(function=start_arm)])
