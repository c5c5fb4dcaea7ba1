"""Everything between a command line and the closed loop of an arm: link, cameras, planner, goal."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wm_robot.checkpoints import shipped_checkpoint, shipped_checkpoints
from wm_robot.cli.camera_options import make_cameras
from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import MismatchError, WmrError
from wm_robot.core.types import Goal
from wm_robot.dashboard.model_facts import read_model_config
from wm_robot.insight.presets import read_preset
from wm_robot.planners.planning import PlanningConfig
from wm_robot.robots import get_robot
from wm_robot.runtime.arm_link import ArmLink
from wm_robot.runtime.arm_session import ArmSession
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.pipeline import ControlConfig
from wm_robot.runtime.control.station import station_name
from wm_robot.runtime.drivers import DRIVERS
from wm_robot.runtime.goal_images import read_goal


@dataclass(frozen=True, kw_only=True)
class ArmLoop:
    """A closed loop that is ready to run.

    Args:
        session: over the link, with its cameras.
        agent: a LatentMPC.
        goal: as the options give it, or the simulation; `Goal()` for none.
        observer: a SimObserver; None for a real arm.
    """

    session: ArmSession
    agent: Any
    goal: Goal
    observer: Any


@contextmanager
def arm_loop(config: Any, link: ArmLink, model: Any, *, idle: bool = False) -> Iterator[ArmLoop]:
    """Start the control process and connect the cameras.

    Args:
        config: RunConfig, or another with its fields.
        link: made by `make_link`.
        model: the checkpoint.
        idle: whether there may be no goal.

    Raises:
        WmrError: the arm cannot be taken over, a camera is missing, or there is no goal.
    """
    from wm_controllers.kinematics import load_arm  # noqa: PLC0415
    from wm_sim.observer import SimObserver  # noqa: PLC0415
    from wm_sim.scene import model_path  # noqa: PLC0415

    from wm_robot.runtime.agent import LatentMPC  # noqa: PLC0415

    robot, simulated = link.run.robot, config.driver == "sim"
    agent = LatentMPC(model, preset_planning(config.config, robot.name), backend=config.backend)
    with ExitStack() as stack:
        stack.enter_context(link)
        name = link.run.driver_config.name if simulated else None
        senses = model.observation_space
        cameras = make_cameras(config.cameras, senses.cameras, simulation=name, clock=SteadyClock())
        for camera in cameras:
            stack.enter_context(camera)
        observer = SimObserver(name) if name is not None else None
        yield ArmLoop(
            session=ArmSession(link, cameras, load_arm(model_path(robot), robot), model.action_space, senses),
            agent=agent,
            goal=_goal(config, model, observer, idle=idle),
            observer=observer,
        )


def make_link(config: Any, model: Any) -> ArmLink:
    """The way to the arm that the options name, not entered yet.

    Raises:
        WmrError: the driver or the checkpoint is for another arm, or the run's folder exists.
    """
    robot = get_robot(config.robot or model.config.robot)
    if robot.name != model.config.robot:
        raise MismatchError(f"the checkpoint is for {model.config.robot}, not {robot.name}; train one for it")
    kind = DRIVERS.get(config.driver)
    if robot.name not in kind.robots:
        raise WmrError(
            f"driver {config.driver} does not drive {robot.name}; it drives {', '.join(kind.robots)}"
        )
    output = config.output or Path("runs") / time.strftime("%Y-%m-%dT%H-%M-%S")
    if output.exists():
        raise WmrError(f"{output} exists; choose another --output")
    driver_config = config.driver_config
    if config.driver == "sim" and config.arm is not None:
        driver_config = replace(driver_config, name=config.arm)
    axes = tuple("xyz".index(name[-1]) for name in model.action_space.names)
    control = ControlConfig(axes=axes)
    control = replace(control, safety=replace(control.safety, speed=config.speed))
    return ArmLink(
        ControlRun(
            station=station_name(config.arm or robot.name, simulated=config.driver == "sim"),
            robot=robot,
            driver=config.driver,
            driver_config=driver_config,
            control=control,
            folder=output,
            seed=config.planner_seed,
        )
    )


def chosen_checkpoint(config: Any) -> Path:
    """Folder of the model that the options name."""
    if config.checkpoint is not None and config.checkpoint not in shipped_checkpoints():
        return Path(config.checkpoint)
    if config.checkpoint is None and config.driver != "sim":
        raise WmrError(
            "which model? --checkpoint FOLDER, and --cameras NAME=SOURCE for each camera that it reads; "
            + _shipped()
        )
    return shipped_checkpoint(config.checkpoint or config.driver_config.task)


def _shipped() -> str:
    """Names of the shipped checkpoints, with the arms that they are for."""
    names = (f"{name} ({read_model_config(folder).robot})" for name, folder in shipped_checkpoints().items())
    return f"shipped are {', '.join(names)}; for another arm train one (wmr collect, wmr train)"


def preset_planning(path: Path | None, robot: str) -> PlanningConfig | None:
    """The settings of the preset file `path` for `robot`; None for the checkpoint's own.

    Raises:
        WmrError: no preset, or one for another arm.
    """
    if path is None:
        return None
    preset = read_preset(path)
    preset.check_robot(robot)
    return preset.planning


def _goal(config: Any, model: Any, observer: Any, *, idle: bool) -> Goal:
    if config.goal is not None:
        return read_goal(config.goal, model.observation_space)
    if observer is None and idle:
        return Goal()
    if observer is None:
        cameras = ", ".join(model.observation_space.cameras)
        raise WmrError(f"where to? --goal FOLDER with one picture for each of {cameras}")
    return observer.goal(model.observation_space.image_size[0])
