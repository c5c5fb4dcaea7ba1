"""What the planner is told by its parameters, beside how it plans; needs no ROS."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from wm_hardware.ros_network import check_name

from wm_robot.checkpoints import shipped_checkpoints
from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.core.errors import WmrError
from wm_robot.robots import ROBOTS, Box, RobotSpec, get_robot
from wm_robot.runtime.settings import Setting, settings_of, with_changes
from wm_robot_ros.camera_topics import Form, by_camera, picture_topic

ROBOT = Setting(name="robot", type=str, default="", choices=tuple(ROBOTS), help="the arm")

Backend = Literal["auto", "cpu", "cpu-bfloat16", "cpu-int8", "cuda", "torch", "reference"]


@dataclass(frozen=True, kw_only=True)
class SafetyShown:
    """What the page draws of the safety controller's numbers.

    Args:
        keep_out: boxes that no part of the arm may enter, for the page to draw: the safety controller's.
    """

    keep_out: tuple[Box, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CellSettings:
    """Where the planner's inputs are; the defaults are those of a simulated arm.

    Args:
        checkpoint: world model to plan with: a folder, or the name of a shipped one.
        arm: name of the arm on this machine, as the safety controller has it, by which the page's STOP finds
            it; empty for the robot's, with the namespace before it.
        arm_namespace: where the arm's topics are, such as those of its cameras.
        base_frame: frame that positions and actions are told in.
        camera_topics: camera=topic for each camera whose topic is not <camera>/color/image_raw, or
            <camera>/color/image_raw/compressed.
        camera_message: raw for sensor_msgs/Image, compressed for sensor_msgs/CompressedImage.
        sync_slop_s: greatest time between the oldest and the newest picture of one observation.
        max_future_s: how far a picture's stamp may lie ahead of ROS time.
        time_limit_s: how long a goal is pursued that names no limit of its own.
        backend: what computes rollouts; auto is cuda where there is a GPU, else cpu.
        dashboard_port: TCP port of a page to watch and tune the planner, for this machine alone; 0 for none.
        workspace: where the tip may be commanded, for the page to draw: the safety controller's; empty where
            it is as the arm's description has it.
        safety: what else the page draws of the safety controller's settings.
    """

    checkpoint: str = "reach"
    arm: str = ""
    arm_namespace: str = ""
    base_frame: str = "base_link"
    camera_topics: tuple[str, ...] = ()
    camera_message: Form = "raw"
    sync_slop_s: Annotated[float, Bounds(0.001, 1.0, unit="s")] = 0.1
    max_future_s: Annotated[float, Bounds(0.0, 10.0, unit="s")] = 0.05
    time_limit_s: Annotated[float, Bounds(0.2, 600.0, unit="s")] = 5.0
    backend: Backend = "auto"
    dashboard_port: Annotated[int, Bounds(0, 65534)] = 0
    workspace: Box | None = None
    safety: SafetyShown = field(default_factory=SafetyShown)

    def __post_init__(self) -> None:
        check_fields(self, "planner")
        by_camera(self.camera_topics)
        if namespace := self.arm_namespace.strip("/"):
            check_name("namespace", namespace)

    def topic(self, camera: str) -> str:
        """Of the pictures of a camera."""
        return picture_topic(camera, self.camera_topics, self.camera_message)


def base_frame(robot: RobotSpec) -> str:
    """Frame of positions by default: the world's origin is on the table, as the base of some arms is."""
    return "world" if any(robot.base_position) else "base_link"


def station_name(arm_namespace: str, robot: str) -> str:
    """The arm's name on the machine from which it is commanded."""
    return ".".join([*filter(None, arm_namespace.split("/")), robot])


def cell_parameters(robot: str = "") -> list[Setting]:
    """Everything that can be set, with the defaults for an arm where one is named."""
    frame = base_frame(get_robot(robot)) if robot in ROBOTS else CellSettings.base_frame
    return settings_of(CellSettings(base_frame=frame))


def read_cell(values: Mapping[str, Any]) -> CellSettings:
    """What parameters by name come to; raises WmrError."""
    names = {setting.name for setting in cell_parameters()}
    return with_changes(CellSettings(), {name: value for name, value in values.items() if name in names})


def checkpoint_folder(checkpoint: str) -> Path:
    """Of a shipped checkpoint by its name, or the folder itself; raises WmrError where there is none."""
    shipped = shipped_checkpoints()
    folder = shipped.get(checkpoint) or Path(checkpoint).expanduser()
    if not folder.is_dir():
        raise WmrError(
            f"no checkpoint {checkpoint!r}: give a folder, or one that is shipped: {', '.join(shipped)}; "
            "for another arm or task, train one (wmr collect, wmr train)"
        )
    return folder
