"""Builds what decides in a run, for the run itself and for its replay."""

from dataclasses import dataclass, field
from typing import Any

from wm_controllers.filters.safety_config import SafetyConfig
from wm_controllers.filters.safety_filter import SafetyFilter
from wm_controllers.kinematics import load_arm
from wm_controllers.qp_ik import QPIK

from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import from_json
from wm_robot.robots import RobotSpec
from wm_robot.runtime.control.chunk_executor import ChunkExecutor
from wm_robot.runtime.control.controller import ArmController, Parts
from wm_robot.runtime.control.watchdogs import Watchdogs
from wm_robot.runtime.run_metadata import RunMetadata

PIPELINE = "arm"


@dataclass(frozen=True, kw_only=True)
class ControlConfig:
    """What the control process decides by.

    Args:
        axes: which of x, y, z (0, 1, 2) an action displaces, in its order.
        planned: whether a planner is expected to give signs of life.
        safety: numbers of the safety filter.
    """

    axes: tuple[int, ...] = (0, 1, 2)
    planned: bool = True
    safety: SafetyConfig = field(default_factory=SafetyConfig)

    def __post_init__(self) -> None:
        if not self.axes or len(set(self.axes)) < len(self.axes) or not set(self.axes) <= {0, 1, 2}:
            raise WmrError(f"axes are {self.axes}; valid: some of 0, 1, 2, each once")


def make_controller(robot: RobotSpec, config: ControlConfig) -> ArmController:
    """The controller of an arm at its control rate."""
    from wm_sim.scene import model_path  # noqa: PLC0415  (imports mujoco)

    arm = load_arm(model_path(robot), robot)
    return ArmController(
        Parts(
            robot=robot,
            ik=QPIK(arm),
            safety=SafetyFilter(arm, config.safety, dt=1 / robot.control_rate_hz),
            executor=ChunkExecutor(config.axes, robot.workspace, robot.watchdogs.chunk_s, robot.servo_lag_s),
            watchdogs=Watchdogs(robot, planned=config.planned),
        )
    )


def rebuild(metadata: RunMetadata) -> ArmController:
    """As it was at the start of the run."""
    config: dict[str, Any] = metadata.config["control"]
    return make_controller(metadata.robot, from_json(ControlConfig, config))
