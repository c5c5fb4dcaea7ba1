"""Drive an arm to a goal that is given as images: any driver, the same pipeline behind it.

Planner and control loop are two processes: whatever becomes of this one, the other stops the arm. The run
leaves a flight log (`wmr replay`) and its episode as a dataset. From another terminal: `wmr estop`.

Example: wmr run --task push --seed 3
Example: wmr run --robot ur5e --driver ur --host 192.168.0.10 --cameras front=0 top=1 --goal goal/ --speed 0.1
"""

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from wm_robot.checkpoints import shipped_checkpoint, shipped_checkpoints
from wm_robot.cli.camera_options import make_cameras
from wm_robot.cli.driver_options import with_driver_options
from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import MismatchError, WmrError
from wm_robot.core.types import Goal
from wm_robot.insight.presets import read_preset
from wm_robot.planners.planning import PlanningConfig
from wm_robot.robots import get_robot
from wm_robot.runtime.arm_link import ArmLink
from wm_robot.runtime.arm_session import ArmSession, Period, SessionResult
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.pipeline import ControlConfig
from wm_robot.runtime.drivers import DRIVERS
from wm_robot.runtime.goal_images import read_goal
from wm_robot.runtime.recorder import EpisodeRecorder
from wm_robot.runtime.stop_signal import StopSignal

FAILED = 1


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Options of `wmr run`; those of the driver follow.

    Args:
        robot: arm; the one that the checkpoint was trained for when left out.
        driver: how the arm is reached; `wmr robots` lists them.
        checkpoint: folder of a trained model, or the task of a shipped one; the simulation's task when left
            out.
        goal: folder with one picture for each camera, such as front.png; the simulation has its own.
        cameras: NAME=SOURCE for each camera: a number, a device, a file, or ros: and a topic.
        steps: control periods.
        planner_seed: of the planner's random numbers.
        speed: share of the arm's greatest joint speeds; start with 0.1 on a real arm.
        arm: name of this arm on this machine, for estop and reset; the robot's name when left out.
        backend: what computes rollouts; see `wmr eval --help`.
        config: preset file with the planning settings, as the dashboard saves them; the checkpoint's own when
            left out.
        output: folder for the flight log and the episode; runs/<date and time> when left out.
        json: print one JSON object on standard output.
    """

    robot: str | None = None
    driver: str = "sim"
    checkpoint: str | None = None
    goal: Path | None = None
    cameras: tuple[str, ...] = ()
    steps: int = 25
    planner_seed: int = 0
    speed: float = 1.0
    arm: str | None = None
    backend: str = "auto"
    config: Path | None = None
    output: Path | None = None
    json: bool = False


def options(arguments: Sequence[str]) -> type:
    """The command line of the driver that it names."""
    return with_driver_options(RunConfig, arguments)


def run(config: Any) -> int:
    from wm_robot.models.checkpoint import load_checkpoint  # noqa: PLC0415  (torch is slow to import)

    model = load_checkpoint(_checkpoint(config))
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
    link = ArmLink(
        ControlRun(
            station=config.arm or robot.name,
            robot=robot,
            driver=config.driver,
            driver_config=driver_config,
            control=control,
            folder=output,
            seed=config.planner_seed,
        )
    )
    answer = _drive(config, link, model)
    if config.json:
        print(json.dumps(answer))
    else:
        Console(soft_wrap=True, highlight=False).print("\n".join(_lines(answer)))
    return 0 if answer["ended"] == "done" else FAILED


def _checkpoint(config: Any) -> Path:
    if config.checkpoint is not None and config.checkpoint not in shipped_checkpoints():
        return Path(config.checkpoint)
    if config.checkpoint is None and config.driver != "sim":
        shipped = ", ".join(shipped_checkpoints())
        raise WmrError(f"which model? --checkpoint FOLDER, or one that is shipped: {shipped}")
    return shipped_checkpoint(config.checkpoint or config.driver_config.task)


def _drive(config: Any, link: ArmLink, model: Any) -> dict[str, Any]:
    from wm_controllers.kinematics import load_arm  # noqa: PLC0415
    from wm_sim.observer import SimObserver  # noqa: PLC0415
    from wm_sim.scene import model_path  # noqa: PLC0415

    from wm_robot.runtime.agent import LatentMPC  # noqa: PLC0415

    robot, simulated = link.run.robot, config.driver == "sim"
    agent = LatentMPC(model, _planning(config, robot.name), backend=config.backend)
    console = Console(stderr=True, highlight=False)
    with ExitStack() as stack:
        stack.enter_context(link)
        name = link.run.driver_config.name if simulated else None
        senses = model.observation_space
        cameras = make_cameras(config.cameras, senses.cameras, simulation=name, clock=SteadyClock())
        for camera in cameras:
            stack.enter_context(camera)
        observer = SimObserver(name) if name is not None else None
        goal = _goal(config, model, observer)
        named = _Named(
            name=model.config.environment,
            robot_name=robot.name,
            action_space=model.action_space,
            observation_space=senses,
        )
        recorder = stack.enter_context(EpisodeRecorder(link.folder / "dataset", named))
        session = ArmSession(link, cameras, load_arm(model_path(robot), robot), model.action_space, senses)

        def show(period: Period) -> None:
            recorder.add(period.observation, period.executed)
            x, y, z = period.status.p_WE
            why = ", ".join(period.status.faults or period.status.reasons)
            console.print(
                f"{period.index:4d}  {period.status.state:8s}  tip {x:6.3f} {y:6.3f} {z:6.3f} m  "
                f"plan {1000 * period.plan_s:4.0f} ms  {why}"
            )

        with StopSignal() as stop:
            result = session.run(
                agent, goal, steps=config.steps, seed=config.planner_seed, on_period=show, stop=stop
            )
        if result.periods:
            recorder.save(config.planner_seed)
        score = None if observer is None else observer.score()
    return _answer(link, result, score)


def _planning(config: Any, robot: str) -> PlanningConfig | None:
    if config.config is None:
        return None
    preset = read_preset(config.config)
    preset.check_robot(robot)
    return preset.planning


def _goal(config: Any, model: Any, observer: Any) -> Goal:
    if config.goal is not None:
        return read_goal(config.goal, model.observation_space)
    if observer is None:
        cameras = ", ".join(model.observation_space.cameras)
        raise WmrError(f"where to? --goal FOLDER with one picture for each of {cameras}")
    return observer.goal(model.observation_space.image_size[0])


@dataclass(frozen=True, kw_only=True)
class _Named:
    """What a recording says of a run."""

    name: str
    robot_name: str
    action_space: Any
    observation_space: Any


def _answer(link: ArmLink, result: SessionResult, score: Any) -> dict[str, Any]:
    plans_ms = sorted(1000 * s for s in result.plan_s)
    return {
        "run": str(link.folder),
        "ended": result.ended,
        "periods": result.periods,
        "overruns": result.overruns,
        "plan_ms_p50": plans_ms[len(plans_ms) // 2] if plans_ms else None,
        "success": None if score is None else bool(score.success),
        "final_error_m": None if score is None else float(score.error),
    }


def _lines(answer: dict[str, Any]) -> list[str]:
    lines = [f"{answer['periods']} periods; ended: {answer['ended']}"]
    if answer["success"] is not None:
        verdict = "reached" if answer["success"] else "not reached"
        lines.append(f"goal {verdict}: {1000 * answer['final_error_m']:.0f} mm away")
    lines.append(f"{answer['run']}: flight.mcap (wmr replay {answer['run']}), dataset/")
    return lines
