"""The nodes of one arm, real or simulated."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, LogInfo
from launch.logging import launch_config
from launch_ros.actions import LifecycleNode, Node

from wm_robot_bringup.arguments import ROBOT_LAUNCH, Argument
from wm_robot_bringup.cell import read_cell, read_names, write_parameters
from wm_robot_bringup.lifecycle import LaunchFailed, bring_up, required
from wm_robot_bringup.settings import (
    arm_namespace,
    cell_file,
    node_namespace,
    of_the_cell,
    parameter_files,
    parameters,
    recorder_parameters,
    remappings,
)

REST_S = "10"
"""How long a node may take to shut down: the arm comes to rest first."""


def declare(arguments: Sequence[Argument]) -> list[DeclareLaunchArgument]:
    return [
        DeclareLaunchArgument(
            argument.name,
            default_value=argument.default,
            description=argument.description,
            choices=list(argument.choices) or None,
        )
        for argument in arguments
    ]


def start_arm(context: LaunchContext, *, sim: str | None = None) -> list[LaunchDescriptionEntity]:
    """Every node of an arm, and what happens when they come up or die.

    Args:
        context: with the values of the launch arguments.
        sim: "true" where the launch file simulates and has no argument `sim`.
    """
    given = values(context, sim=sim)
    common, told = _common(given), _told(given)
    safety = LifecycleNode(**_node("safety_controller", told), **common)
    planner = LifecycleNode(**_node("planner", told), **common)
    nodes: dict[str, Node] = {"safety_controller": safety, "planner": planner}
    if given["sim"] == "true":
        nodes = {"sim_robot": Node(**_node("sim_robot", told), **common), **nodes}
    actions: list[LaunchDescriptionEntity] = []
    for name, node in nodes.items():
        actions += [required(node, name), node]
    if given["autostart"] == "true":
        actions += bring_up([safety, planner])
    if given["rviz"] == "true":
        actions += _rviz(given, told["planner"])
    return actions


def start_validation(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The node that tries goals; the launch ends with it, and has failed where it has."""
    given = context.launch_configurations
    options = {
        "--episodes": given["episodes"],
        "--seed": given["seed"],
        "--task": given["task"],
        "--namespace": given["namespace"],
        "--output": given["output"],
    }
    node = Node(
        package="wm_robot_bringup",
        executable="validate",
        arguments=[f"{option}={value}" for option, value in options.items()],
        output="screen",
    )
    return [required(node, "validate", ends_well=True), node]


def start_recorder(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The node that writes bags, beside an arm that another launch file has started."""
    given = context.launch_configurations
    try:
        cell = _cell(given, cell_file(share(), given["config"]))
    except (FileNotFoundError, ValueError) as error:
        raise LaunchFailed(str(error)) from None
    told = {"recorder": {**of_the_cell("recorder", cell), **recorder_parameters(given)}}
    node = Node(**_node("recorder", told), **_common(given))
    return [required(node, "recorder"), node]


def values(context: LaunchContext, *, sim: str | None = None) -> dict[str, str]:
    """Value by name of the arguments of robot.launch.py; those that are not declared have their default."""
    given = {a.name: context.launch_configurations.get(a.name, a.default or "") for a in ROBOT_LAUNCH}
    return given if sim is None else {**given, "sim": sim}


def share() -> Path:
    return Path(get_package_share_directory("wm_robot_bringup"))


def _common(given: dict[str, str]) -> dict[str, Any]:
    return {
        "package": "wm_robot_ros",
        "namespace": node_namespace(given["namespace"]),
        "remappings": remappings(given["namespace"]),
        "ros_arguments": ["--log-level", given["log_level"]],
        "output": "screen",
        "sigterm_timeout": REST_S,
    }


def _cell(given: dict[str, str], files: Sequence[Path]) -> dict[str, dict[str, Any]]:
    return read_cell(files, read_names(), node_namespace(given["namespace"]))


def _told(given: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Parameters of each node: those of the files, and over them what the arguments say."""
    try:
        cell = _cell(given, parameter_files(share(), given["robot"], given["config"]))
        overrides = parameters(given, cell)
    except (FileNotFoundError, ValueError) as error:
        raise LaunchFailed(str(error)) from None
    return {name: {**of_the_cell(name, cell), **own} for name, own in overrides.items()}


def _node(name: str, told: dict[str, dict[str, Any]]) -> dict[str, Any]:
    logs = Path(launch_config.log_dir)  # of this launch alone
    file = write_parameters(logs, name, told[name])
    return {"executable": name, "name": name, "parameters": [str(file)]}


def _rviz(given: dict[str, str], planner: dict[str, Any]) -> list[LaunchDescriptionEntity]:
    try:
        get_package_share_directory("rviz2")
    except PackageNotFoundError:
        return [LogInfo(msg="rviz:=true, but the package rviz2 is not installed: going on without")]
    return [
        Node(
            package="rviz2",
            executable="rviz2",
            name="rviz2",
            namespace=arm_namespace(given["namespace"]),
            remappings=remappings(given["namespace"]),
            arguments=[
                "-d",
                str(share() / "rviz" / "wm_robot.rviz"),
                "-f",
                planner.get("base_frame", "base_link"),
            ],
            parameters=[{"use_sim_time": planner["use_sim_time"]}],
            output="log",
        )
    ]
