"""Bags of an arm's topics, beside the launch file that runs it; `wmr data import` makes datasets of them.

Example: ros2 launch wm_robot_bringup record.launch.py output:=bags
"""

from launch import LaunchDescription
from launch.actions import OpaqueFunction
from wm_robot_bringup.arguments import RECORD_LAUNCH
from wm_robot_bringup.bringup import declare, start_recorder


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*declare(RECORD_LAUNCH), OpaqueFunction(function=start_recorder)])
