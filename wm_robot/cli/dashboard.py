"""Watch a planner in a web page: see what it thinks, and change it while it runs.

Without --driver a simulation runs in simulated time, which the page can pause, step and slow down. With it
an arm is driven as `wmr run` does, until Ctrl-C. With --replay a recorded run is looked at again. The page is
open to whoever reaches it; commanding needs the token that is printed at start. STOP is always there.

Example: wmr dashboard
Example: wmr dashboard --task push --page.port 9000
Example: wmr dashboard --replay runs/2026-01-31T12-00-00
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wm_robot.checkpoints import shipped_checkpoint, shipped_checkpoints
from wm_robot.cli.driver_options import with_driver_options
from wm_robot.cli.page_options import PageOptions, announce
from wm_robot.cli.watching import PRESETS, watched
from wm_robot.core.errors import MismatchError
from wm_robot.dashboard.model_facts import read_model_config
from wm_robot.dashboard.processes import dashboard, require_viser
from wm_robot.dashboard.recorded import record_of, recorded_subject
from wm_robot.dashboard.subject import Subject
from wm_robot.robots import get_robot
from wm_robot.runtime.control.scheduling import PLANNER, prefer_process
from wm_robot.runtime.stop_signal import StopSignal
from wm_robot.runtime.watch.plan_log import PLANS, PlanLog
from wm_robot.runtime.watch.stop_file import StopFile
from wm_robot.runtime.watch.watch import Watch

LOOK_S = 0.2


@dataclass(frozen=True, kw_only=True)
class DashboardConfig:
    """Options of `wmr dashboard`; those of the driver follow, and tell the simulation's task and look too.

    Args:
        robot: arm; the one that the checkpoint was trained for when left out.
        driver: how an arm is reached; a simulation in simulated time when left out.
        checkpoint: folder of a trained model, or the task of a shipped one; the simulation's task when left
            out, and with --replay the one that planned.
        config: preset file with the planning settings; the checkpoint's own when left out.
        goal: with --driver: folder with one picture for each camera; when left out the arm holds still until
            a goal is chosen in the page.
        cameras: with --driver: NAME=SOURCE for each camera, see `wmr run --help`.
        planner_seed: of the planner's random numbers and of the episodes.
        speed: with --driver: share of the arm's greatest joint speeds; start with 0.1 on a real arm.
        arm: with --driver: name of this arm on this machine; the robot's name when left out.
        backend: what computes rollouts; see `wmr eval --help`.
        output: folder for the run's logs; with --driver runs/<date and time> when left out, else none.
        replay: folder of a recorded run to look at instead.
        page: where the page is served.
    """

    robot: str | None = None
    driver: str | None = None
    checkpoint: str | None = None
    config: Path | None = None
    goal: Path | None = None
    cameras: tuple[str, ...] = ()
    planner_seed: int = 0
    speed: float = 1.0
    arm: str | None = None
    backend: str = "auto"
    output: Path | None = None
    replay: Path | None = None
    page: PageOptions = field(default_factory=PageOptions)


def options(arguments: Sequence[str]) -> type:
    """The command line of the driver that it names."""
    return with_driver_options(DashboardConfig, arguments)


def run(config: Any) -> int:
    require_viser()
    if config.replay is not None:
        return _look_again(config)
    if config.driver is not None:
        return _drive(config)
    task = config.driver_config.task
    checkpoint = _checkpoint(config.checkpoint or task)
    return simulate(
        task,
        checkpoint,
        config.page,
        robot=config.robot,
        preset=config.config,
        seed=config.planner_seed,
        backend=config.backend,
        output=config.output,
        shift=config.driver_config.shift,
    )


def _checkpoint(given: str) -> Path:
    """Folder of a shipped checkpoint by its name, or the folder itself."""
    return shipped_checkpoint(given) if given in shipped_checkpoints() else Path(given)


def simulate(
    task: str,
    checkpoint: Path,
    page: PageOptions,
    *,
    robot: str | None = None,
    preset: Path | None = None,
    seed: int = 0,
    backend: str = "auto",
    output: Path | None = None,
    shift: str | None = None,
) -> int:
    """Run a simulation in simulated time with a page beside it, until Ctrl-C.

    Args:
        task: what is simulated.
        checkpoint: of the model.
        page: where it is served.
        robot: that the checkpoint must be for; None for any.
        preset: planning settings; None for the checkpoint's own.
        seed: of episodes and planner.
        backend: of the planner.
        output: folder for the planner's log; None for none.
        shift: of the look.

    Raises:
        WmrError: the checkpoint does not fit, or the page cannot be served.
    """
    own = get_robot(read_model_config(checkpoint).robot).name
    if robot not in (None, own):
        raise MismatchError(f"the checkpoint is for {own}, not {robot}; train one for it")
    address = page.address()
    with tempfile.TemporaryDirectory(prefix="wmr-watch-") as name:
        folder = Path(name)
        subject = Subject(
            title=f"{task}, {own}, simulated",
            checkpoint=checkpoint.resolve(),
            robot=own,
            task=task,
            watch=folder,
            presets=PRESETS,
        )
        log = None if output is None else PlanLog(output / PLANS, record_of(subject))
        with Watch(folder, log) as watch, dashboard(subject, address), StopSignal() as stop:
            announce(address)  # the view loads beside all that follows
            from wm_robot.cli.arm_loop import preset_planning  # noqa: PLC0415
            from wm_robot.evaluation.episodes import load_model, make_environment, require_fit  # noqa: PLC0415
            from wm_robot.runtime.agent import LatentMPC  # noqa: PLC0415
            from wm_robot.runtime.simulated_session import SimulatedSession  # noqa: PLC0415

            model = load_model(checkpoint)
            environment: Any = make_environment(task, model)
            require_fit(model, environment)
            environment.set_shift(shift)
            agent = LatentMPC(model, preset_planning(preset, own), backend=backend)
            session = SimulatedSession(environment, agent, watch, StopFile(folder), seed=seed)
            prefer_process(PLANNER)  # after its page, which must not hold it up
            session.run(stop)
    return 0


def _drive(config: Any) -> int:
    from wm_robot.cli.arm_loop import arm_loop, chosen_checkpoint, make_link  # noqa: PLC0415
    from wm_robot.models.checkpoint import load_checkpoint  # noqa: PLC0415
    from wm_robot.runtime.watched_arm_session import pursue_watched  # noqa: PLC0415

    model = load_checkpoint(chosen_checkpoint(config))
    link = make_link(config, model)
    with (
        arm_loop(config, link, model, idle=True) as loop,
        watched(config, link, loop) as watch,
        StopSignal() as stop,
    ):
        prefer_process(PLANNER)
        pursue_watched(loop.session, link, watch, seed=config.planner_seed, stop=stop)
    return 0


def _look_again(config: Any) -> int:
    import time  # noqa: PLC0415

    given = None if config.checkpoint is None else _checkpoint(config.checkpoint)
    address, subject = config.page.address(), recorded_subject(config.replay, PRESETS, given)
    with dashboard(subject, address), StopSignal() as stop:
        announce(address)
        while not stop():
            time.sleep(LOOK_S)
    return 0
