"""The nodes of one arm, real or simulated."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, LogInfo
from launch_ros.actions import LifecycleNode, Node

from wm_robot_bringup.arguments import ROBOT_LAUNCH, Argument
from wm_robot_bringup.lifecycle import LaunchFailed, bring_up, required
from wm_robot_bringup.settings import (
    arm_namespace,
    cell_file,
    node_namespace,
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
    common = _common(given)
    safety = LifecycleNode(**_node(given, "safety_controller"), **common)
    planner = LifecycleNode(**_node(given, "planner"), **common)
    nodes: dict[str, Node] = {"safety_controller": safety, "planner": planner}
    if given["sim"] == "true":
        nodes = {"sim_robot": Node(**_node(given, "sim_robot"), **common), **nodes}
    actions: list[LaunchDescriptionEntity] = []
    for name, node in nodes.items():
        actions += [required(node, name), node]
    if given["autostart"] == "true":
        actions += bring_up([safety, planner])
    if given["rviz"] == "true":
        actions += _rviz(given)
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
        files = cell_file(share(), given["config"])
    except FileNotFoundError as error:
        raise LaunchFailed(str(error)) from None
    node = Node(
        executable="recorder",
        name="recorder",
        parameters=[*map(str, files), recorder_parameters(given)],
        **_common(given),
    )
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


def _node(given: dict[str, str], name: str) -> dict[str, Any]:
    try:
        files = parameter_files(share(), given["robot"], given["config"])
        overrides = parameters(given)[name]
    except (FileNotFoundError, ValueError) as error:
        raise LaunchFailed(str(error)) from None
    return {"executable": name, "name": name, "parameters": [*map(str, files), overrides]}


def _rviz(given: dict[str, str]) -> list[LaunchDescriptionEntity]:
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
            arguments=["-d", str(share() / "rviz" / "wm_robot.rviz")],
            parameters=[{"use_sim_time": parameters(given)["planner"]["use_sim_time"]}],
            output="log",
        )
    ]
