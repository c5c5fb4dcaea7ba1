"""From launch arguments to names, files and parameters of the nodes; needs no ROS."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

DASHBOARD_PORT = 8080

SHIPPED = ("reach", "push", "reach_so101")
"""Checkpoints that come along, each for a simulated arm."""

NODES = "wm_robot"
"""The nodes' namespace, below that of the arm."""

SIM_FUTURE_S = 0.3
"""By which a simulated stamp may be ahead of a node's clock: on a busy machine /clock comes late."""


SHARED = {
    "planner": {
        "safety_controller": ("workspace", "safety.keep_out"),
    },
    "sim_robot": {
        "planner": ("camera_topics", "camera_message", "base_frame"),
        "safety_controller": (
            "joint_states", "controller", "controller_joints", "ros_joint_names", "tf_prefix"
        ),
    },
    "recorder": {
        "planner": ("camera_topics", "camera_message"),
        "safety_controller": ("joint_states",),
    },
}  # fmt: skip
"""What a node takes over from what a cell says to others."""


def arm_namespace(namespace: str) -> str:
    """The namespace of an arm's topics, absolute: "/left", and "" for the root."""
    parts = [part for part in namespace.split("/") if part]
    return "".join(f"/{part}" for part in parts)


def node_namespace(namespace: str) -> str:
    """The namespace of the nodes of an arm, absolute."""
    return f"{arm_namespace(namespace)}/{NODES}"


def simulated_station(namespace: str, robot: str, arm: str = "") -> str:
    """The simulated arm's name on this machine: its latch and its lock are not those of the real one.

    Args:
        namespace: of the arm's topics.
        robot: its kind.
        arm: the real arm's name, where a cell gives one.
    """
    real = arm or ".".join([*filter(None, namespace.split("/")), robot])
    return f"{real}.sim"


def remappings(namespace: str) -> list[tuple[str, str]]:
    """Two arms, two simulations, two clocks: each arm's is in its namespace."""
    arm = arm_namespace(namespace)
    return [("/clock", f"{arm}/clock")] if arm else []


def parameter_files(share: Path, robot: str, config: str) -> list[Path]:
    """The arm's own file, then that of the cell; what the later says holds.

    Raises:
        FileNotFoundError: there is no such config.
    """
    return [share / "config" / f"{robot}.yaml", *cell_file(share, config)]


def cell_file(share: Path, config: str) -> list[Path]:
    """The file of the argument config, where there is one: a path, or the name of one that comes along.

    Raises:
        FileNotFoundError: there is no such config.
    """
    if not config:
        return []
    path = Path(config).expanduser()
    shipped = share / "config" / path.name
    if not path.is_file() and path.parent == Path() and shipped.is_file():
        path = shipped
    if not path.is_file():
        there = ", ".join(sorted(p.name for p in (share / "config").glob("*.yaml")))
        raise FileNotFoundError(f"config {config!r} is no file, nor one that comes along: {there}")
    return [path]


def of_the_cell(node: str, cell: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a cell's files say to `node`, and to others that it has to agree with."""
    others = {
        name: cell[other][name]
        for other, names in SHARED.get(node, {}).items()
        for name in names
        if name in cell[other]
    }
    return {**others, **cell[node]}


def parameters(
    arguments: Mapping[str, str], cell: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What the launch arguments say to each node; what they leave open is the matter of the files.

    Args:
        arguments: value by name, of those of robot.launch.py.
        cell: what the files say to each node.

    Raises:
        ValueError: a number that is none, with the argument's name.
    """
    simulated = arguments["sim"] == "true"
    everybody: dict[str, Any] = {
        "robot": arguments["robot"],
        "use_sim_time": _use_sim_time(arguments["use_sim_time"], simulated),
        "arm_namespace": arm_namespace(arguments["namespace"]),
    }
    safety, planner = dict(everybody), dict(everybody)
    if speed := arguments["speed"] or ("1.0" if simulated else ""):
        safety["speed"] = _number("speed", speed, float)
    if simulated:
        for node, said in (("safety_controller", safety), ("planner", planner)):
            own = cell[node].get("arm", "")
            said["arm"] = simulated_station(arguments["namespace"], arguments["robot"], own)
        safety["max_future_s"] = planner["max_future_s"] = SIM_FUTURE_S
    if arguments["checkpoint"]:
        planner["checkpoint"] = arguments["checkpoint"]
    elif simulated and cell["planner"].get("checkpoint", "") in ("", *SHIPPED):
        planner["checkpoint"] = _shipped(arguments)
    if arguments["dashboard"] == "true":
        planner["dashboard_port"] = cell["planner"].get("dashboard_port") or DASHBOARD_PORT
    simulation = {
        **everybody,
        "use_sim_time": False,  # it makes the time that the others use
        "publish_clock": everybody["use_sim_time"],
        "task": arguments["task"],
        "seed": _number("seed", arguments["seed"], int),
    }
    return {"safety_controller": safety, "planner": planner, "sim_robot": simulation}


def recorder_parameters(arguments: Mapping[str, str]) -> dict[str, Any]:
    """What the arguments of record.launch.py say to the recorder."""
    given: dict[str, Any] = {
        "use_sim_time": arguments["use_sim_time"] == "true",
        "arm_namespace": arm_namespace(arguments["namespace"]),
        "record_at_once": arguments["at_once"] == "true",
    }
    return {**given, "output": arguments["output"]} if arguments["output"] else given


def _shipped(arguments: Mapping[str, str]) -> str:
    """Name of the checkpoint that comes along for a task and a simulated arm."""
    task, robot = arguments["task"], arguments["robot"]
    return task if robot == "panda" else f"{task}_{robot}"


def exit_report(node: str, returncode: int) -> str:
    """What to say of a node that has ended by itself."""
    killed = f"was killed by signal {-returncode}"
    how = killed if returncode < 0 else f"has ended with exit code {returncode}"
    arm = {
        "safety_controller": " The arm goes to its last command and holds it; the other nodes are shut down",
        "planner": " The arm is stopped and the other nodes are shut down",
        "sim_robot": " That was the arm; the other nodes are shut down",
    }
    return f"{node} {how}.{arm.get(node, '')}"


def _use_sim_time(value: str, simulated: bool) -> bool:
    return simulated if value == "auto" else value == "true"


def _number(name: str, text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name}:={text} is no number") from None
