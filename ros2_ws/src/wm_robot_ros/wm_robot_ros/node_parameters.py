"""The parameters of every node, for pages and files; needs no ROS."""

from wm_robot.planners.planning import PlanningConfig
from wm_robot.robots import RobotSpec
from wm_robot.runtime.planner_settings import planner_settings
from wm_robot.runtime.settings import Setting
from wm_robot_ros import cell_settings, safety_settings, sim_settings
from wm_robot_ros.recorder_settings import recorder_parameters


def node_parameters(robot: RobotSpec) -> dict[str, list[Setting]]:
    """By node; where a default depends on the arm it is that of `robot`."""
    return {
        "planner": [
            cell_settings.ROBOT,
            *cell_settings.cell_parameters(robot.name),
            *planner_settings(PlanningConfig()),
        ],
        "safety_controller": [safety_settings.ROBOT, *safety_settings.safety_parameters(robot)],
        "sim_robot": [sim_settings.ROBOT, *sim_settings.sim_parameters(robot), sim_settings.FAULT],
        "recorder": recorder_parameters(),
    }
