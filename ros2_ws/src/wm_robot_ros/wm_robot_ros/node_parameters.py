"""The parameters of every node, for pages and files; needs no ROS.

python -m wm_robot_ros.node_parameters > ../wm_robot_bringup/wm_robot_bringup/parameter_names.yaml

in ros2_ws/src/wm_robot_ros.
"""

from wm_robot.planners.planning import PlanningConfig
from wm_robot.robots import RobotSpec, get_robot
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


def names_file() -> str:
    """YAML with the names of every node's parameters, which are the same for every arm."""
    lines = ["# Made by wm_robot_ros/node_parameters.py; a test keeps it so."]
    for node, settings in node_parameters(get_robot("panda")).items():
        lines += [f"{node}:", *(f"  - {setting.name}" for setting in settings)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(names_file(), end="")
