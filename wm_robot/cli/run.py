"""Drive an arm to a goal that is given as images: any driver, the same pipeline behind it.

Planner and control loop are two processes: whatever becomes of this one, the other stops the arm. The run
leaves a flight log (`wmr replay`), what the planner thought (`wmr dashboard --replay`) and its episode as a
dataset. From another terminal: `wmr estop`.

Example: wmr run --task push --seed 3 --dashboard
Example: wmr run --robot ur5e --driver ur --host 192.168.0.10 --cameras front=0 top=1 --goal goal/ --speed 0.1
"""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from wm_robot.cli.arm_loop import arm_loop, chosen_checkpoint, make_link
from wm_robot.cli.driver_options import with_driver_options
from wm_robot.cli.page_options import PageOptions
from wm_robot.cli.watching import watched
from wm_robot.runtime.arm_link import ArmLink
from wm_robot.runtime.arm_session import Period, SessionResult
from wm_robot.runtime.control.scheduling import PLANNER, prefer_process
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
        arm: name of this arm on this machine, for estop and reset; the robot's name when left out. A
            simulated arm is called <name>.sim there.
        backend: what computes rollouts; see `wmr eval --help`.
        config: preset file with the planning settings, as the dashboard saves them; the checkpoint's own when
            left out.
        output: folder for the flight log and the episode; runs/<date and time> when left out.
        json: print one JSON object on standard output.
        dashboard: serve a page to watch and tune the planner.
        page: where that is.
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
    dashboard: bool = False
    page: PageOptions = field(default_factory=PageOptions)


def options(arguments: Sequence[str]) -> type:
    """The command line of the driver that it names."""
    return with_driver_options(RunConfig, arguments)


def run(config: Any) -> int:
    from wm_robot.models.checkpoint import load_checkpoint  # noqa: PLC0415  (torch is slow to import)

    model = load_checkpoint(chosen_checkpoint(config))
    link = make_link(config, model)
    answer = _drive(config, link, model)
    if config.json:
        print(json.dumps(answer))
    else:
        Console(soft_wrap=True, highlight=False).print("\n".join(_lines(answer)))
    return 0 if answer["ended"] == "done" else FAILED


def _drive(config: Any, link: ArmLink, model: Any) -> dict[str, Any]:
    console = Console(stderr=True, highlight=False)
    with ExitStack() as stack:
        loop = stack.enter_context(arm_loop(config, link, model))
        named = _Named(
            name=model.config.environment,
            robot_name=link.run.robot.name,
            action_space=model.action_space,
            observation_space=model.observation_space,
        )
        recorder = stack.enter_context(EpisodeRecorder(link.folder / "dataset", named))
        watch = stack.enter_context(watched(config, link, loop, page=config.dashboard))

        def show(period: Period) -> None:
            recorder.add(period.observation, period.executed)
            watch(period)
            x, y, z = period.status.p_WE
            why = ", ".join(period.status.faults or period.status.reasons)
            console.print(
                f"{period.index:4d}  {period.status.state:8s}  tip {x:6.3f} {y:6.3f} {z:6.3f} m  "
                f"plan {1000 * period.plan_s:4.0f} ms  {why}"
            )

        prefer_process(PLANNER)  # after the processes beside it, which must not hold it up
        with StopSignal() as stop:
            result = loop.session.run(
                watch.actor,
                loop.goal,
                steps=config.steps,
                seed=config.planner_seed,
                on_period=show,
                stop=stop,
            )
        if result.periods:
            recorder.save(config.planner_seed)
        score = None if loop.observer is None else loop.observer.score()
    return _answer(link, result, score)


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
    lines.append(
        f"{answer['run']}: flight.mcap (wmr replay {answer['run']}), "
        f"plans.mcap (wmr dashboard --replay {answer['run']}), dataset/"
    )
    return lines
