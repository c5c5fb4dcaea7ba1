"""What `wmr doctor` says of ROS 2: whether it is there, fits this Python, and knows our messages."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from wm_robot.cli.finding import Finding, probe

OPT_ROS = Path("/opt/ros")

WORKSPACE = Path("ros2_ws")
"""Where the messages are built, seen from the repository."""

RCLPY_PROBE = "import rclpy; print(rclpy.__path__[0])"

MESSAGES_PROBE = """
import numpy
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo
serialize_message(CameraInfo(k=numpy.eye(3).ravel()))
print("camera_info is packed with numpy", numpy.__version__)
"""

OURS_PROBE = "import wm_robot_msgs.msg as m; print(m.__path__[0] if hasattr(m, '__path__') else m.__file__)"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A ROS 2 on this machine.

    Args:
        distribution: such as jazzy.
        prefix: folder that holds its lib and share.
        sourced: whether the environment is already that of ROS.
    """

    distribution: str
    prefix: Path
    sourced: bool

    @property
    def setup(self) -> Path:
        return self.prefix / "setup.bash"


def ros_findings() -> list[Finding]:
    """One finding where there is no ROS, and one for each thing that can be wrong where there is."""
    ros = installation()
    if ros is None:
        advice = "nothing, unless an arm is driven through ROS 2 nodes: then install Jazzy"
        return [_finding("ROS 2", False, f"no {OPT_ROS}/*/setup.bash", advice)]
    rclpy = _rclpy(ros)
    messages = _messages(ros) if rclpy.ok else _untried_messages()
    return [_sourced(ros), _python(ros), rclpy, messages, _middleware(ros), _ours(ros)]


def installation() -> Installation | None:
    """The ROS whose environment this is; else one under /opt/ros, Jazzy before others."""
    name = os.environ.get("ROS_DISTRO")
    prefixes = _prefixes()
    if name and prefixes:
        return Installation(distribution=name, prefix=prefixes[-1], sourced=True)  # overlays come first
    found = sorted((path.parent for path in OPT_ROS.glob("*/setup.bash")), key=lambda p: p.name != "jazzy")
    return Installation(distribution=found[0].name, prefix=found[0], sourced=False) if found else None


def _finding(name: str, ok: bool, detail: str, advice: str) -> Finding:
    return Finding(name=name, ok=ok, required=False, detail=detail, advice="" if ok else advice)


def _sourced(ros: Installation) -> Finding:
    detail = f"{ros.distribution} at {ros.prefix}, {'sourced' if ros.sourced else 'not sourced'}"
    return _finding("ROS 2", ros.sourced, detail, f"before you start nodes: source {ros.setup}")


def _python(ros: Installation) -> Finding:
    this = f"python{sys.version_info.major}.{sys.version_info.minor}"
    its = sorted(path.name for path in (ros.prefix / "lib").glob("python3*"))
    detail = f"built for {', '.join(its) or 'an unknown Python'}; this is {this}"
    advice = f"make the virtual environment with {its[0] if its else 'its own'} and --system-site-packages"
    if its and not set(its) & {"python3.11", "python3.12"}:
        advice = "wm_robot runs on Python 3.11 and 3.12: use ROS 2 Jazzy, which has 3.12"
    return _finding("ROS 2 Python", this in its, detail, advice)


def _rclpy(ros: Installation) -> Finding:
    ok, detail = probe(RCLPY_PROBE, ros.setup)
    detail = detail.partition(" Please refer to")[0]  # a page on building ROS from source
    advice = "see the line above; a virtual environment needs --system-site-packages to see what ROS needs"
    return _finding("rclpy", ok, detail, advice)


def _messages(ros: Installation) -> Finding:
    ok, detail = probe(MESSAGES_PROBE, ros.setup)
    advice = f"install the messages: apt install ros-{ros.distribution}-sensor-msgs"
    if "numpy" in detail:
        advice = "ROS is built against another numpy: pip install 'numpy<2' (Jazzy on Ubuntu 24.04 has 1.26)"
    return _finding("ROS 2 messages", ok, detail, advice)


def _untried_messages() -> Finding:
    return _finding("ROS 2 messages", False, "not tried", "first rclpy, above")


def _middleware(ros: Installation) -> Finding:
    there = sorted(
        {
            path.name
            for prefix in {*_prefixes(), ros.prefix}
            for path in (prefix / "share/ament_index/resource_index/rmw_typesupport").glob("rmw_*")
        }
        - {"rmw_implementation"}
    )
    wanted = os.environ.get("RMW_IMPLEMENTATION")
    if wanted is None:
        return _finding("ROS 2 middleware", bool(there), ", ".join(there) or "none", "install an rmw package")
    package = f"ros-{ros.distribution}-{wanted.replace('_', '-')}"
    detail = f"RMW_IMPLEMENTATION is {wanted}; installed: {', '.join(there) or 'none'}"
    advice = f"apt install {package}, or unset RMW_IMPLEMENTATION"
    return _finding("ROS 2 middleware", wanted in there, detail, advice)


def _ours(ros: Installation) -> Finding:
    ok, detail = probe(OURS_PROBE, None if ros.sourced else ros.setup)
    built = WORKSPACE / "install" / "setup.bash"
    build = f"cd {WORKSPACE} && python -m colcon build"
    advice = f"source {built}" if built.is_file() else f"in the repository, with ROS sourced: {build}"
    return _finding("wm_robot_msgs", ok, detail, advice)


def _prefixes() -> list[Path]:
    return [Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
