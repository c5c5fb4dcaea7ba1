"""What the simulated arm is told by its parameters; needs no ROS."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from wm_hardware.ros_network import check_name
from wm_sim.paced_clock import Factor

from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.core.errors import WmrError
from wm_robot.core.joints import places
from wm_robot.robots import RobotSpec
from wm_robot.runtime.settings import Setting, settings_of
from wm_robot_ros import safety_settings
from wm_robot_ros.camera_topics import Form, by_camera
from wm_robot_ros.cell_settings import base_frame
from wm_robot_ros.sim_faults import FAULTS, NONE

ROBOT = replace(safety_settings.ROBOT, default="panda")

FAULT = Setting(
    name="fault",
    type=str,
    default=NONE,
    choices=tuple(FAULTS),
    help="for tests, what is wrong with the arm: "
    + "; ".join(f"{name}: {what}" for name, what in FAULTS.items()),
)
"""The one parameter that changes while the node runs."""

MAX_RATE_HZ = 250.0
"""Of joint states: that of the physics."""

MAX_SEED = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class SimSettings:
    """Which simulation runs, and what it tells of itself.

    Args:
        task: what stands on the table.
        seed: number of the first episode, which decides its start and its goal.
        shift: how the scene differs from its nominal look.
        real_time_factor: simulated seconds a second.
        arm_namespace: where the arm's topics are, such as joint_states.
        base_frame: frame that the cameras' places are told in.
        rate_hz: how often joint states and the clock are told in a simulated second.
        camera_rate_hz: how many pictures each camera takes in a simulated second.
        camera_topics: camera=topic for each camera whose topic is not <camera>/color/image_raw, or
            <camera>/color/image_raw/compressed.
        camera_message: raw for sensor_msgs/Image, compressed for sensor_msgs/CompressedImage.
        image_size: height and width of the pictures; a model's own is 64, more is for people.
        joint_states: topic that the joints are told on.
        controller: name of the controller that is imitated; it takes commands and joint_trajectory.
        controller_joints: its parameter joints, without `tf_prefix`; empty for the order of the arm's own.
        ros_joint_names: what ROS calls the arm's joints, in its order, without `tf_prefix`; empty for its
            own names.
        tf_prefix: what ROS puts before each of them.
        publish_clock: whether simulated time is told, for nodes with use_sim_time. Without it the arm lives
            in the time of the system clock, as a real one does.
    """

    task: Literal["reach", "push"] = "reach"
    seed: Annotated[int, Bounds(0, MAX_SEED)] = 0
    shift: Literal["background", "camera", "colour", "everything", "light"] | None = None
    real_time_factor: Factor = 1.0
    arm_namespace: str = ""
    base_frame: str = "base_link"
    rate_hz: Annotated[float, Bounds(1.0, MAX_RATE_HZ)] = MAX_RATE_HZ
    camera_rate_hz: Annotated[float, Bounds(0.5, 60.0)] = 20.0
    camera_topics: tuple[str, ...] = ()
    camera_message: Form = "raw"
    image_size: Annotated[int, Bounds(16, 640, unit="pixels")] = 64
    joint_states: str = "joint_states"
    controller: str = "forward_position_controller"
    controller_joints: tuple[str, ...] = ()
    ros_joint_names: tuple[str, ...] = ()
    tf_prefix: str = ""
    publish_clock: bool = True

    def __post_init__(self) -> None:
        check_fields(self, "simulation")
        check_name("controller", self.controller)
        check_name("topic", self.joint_states)
        by_camera(self.camera_topics)
        if not self.publish_clock and self.real_time_factor != 1:
            raise WmrError(
                f"real_time_factor is {self.real_time_factor:g} while publish_clock is false; valid then: 1, "
                "because the others live in real time"
            )


def defaults(robot: RobotSpec) -> SimSettings:
    """For an arm that nothing is said of."""
    return SimSettings(
        base_frame=base_frame(robot),
        rate_hz=min(robot.control_rate_hz, MAX_RATE_HZ),
    )


def sim_parameters(robot: RobotSpec) -> list[Setting]:
    """Everything that can be set, but for the robot and its fault."""
    return settings_of(defaults(robot))


def simulation_name(domain_id: int, settings: SimSettings) -> str:
    """What cameras and observers find the simulation by; an arm has one, so a second one is refused."""
    return ".".join([f"ros{domain_id}", *filter(None, settings.arm_namespace.split("/"))])


def joint_names(robot: RobotSpec, settings: SimSettings) -> tuple[list[str], list[str]]:
    """The arm's joints as ROS calls them: in the arm's order, and in that of the controller.

    Raises:
        WmrError: not one name a joint, or a controller of other joints.
    """
    names = settings.ros_joint_names or robot.joint_names
    if len(names) != robot.nq:
        raise WmrError(
            f"ros_joint_names has {len(names)} names; robot {robot.name!r} has the {robot.nq} joints "
            f"{', '.join(robot.joint_names)}"
        )
    order = settings.controller_joints or names
    places(order, names)
    places(names, order)
    return [settings.tf_prefix + name for name in names], [settings.tf_prefix + name for name in order]
