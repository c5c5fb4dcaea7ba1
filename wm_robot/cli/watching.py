"""An arm's planner with its log, and a dashboard beside it, for the subcommands that drive arms."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from wm_robot.cli.arm_loop import ArmLoop, chosen_checkpoint
from wm_robot.cli.page_options import announce
from wm_robot.dashboard.processes import dashboard
from wm_robot.dashboard.recorded import record_of
from wm_robot.dashboard.subject import Subject
from wm_robot.runtime.arm_link import ArmLink
from wm_robot.runtime.guarded_actor import GuardedActor
from wm_robot.runtime.watch.period_watch import PeriodWatch
from wm_robot.runtime.watch.plan_log import PLANS, PlanLog
from wm_robot.runtime.watch.watch import Watch

PRESETS = Path("presets")
"""Folder in which a dashboard keeps presets and its audit log."""


@contextmanager
def watched(config: Any, link: ArmLink, loop: ArmLoop, *, page: bool = True) -> Iterator[PeriodWatch]:
    """The planner's snapshots are kept in the run's folder while this is entered, and a dashboard is served.

    Args:
        config: the options; `page` and the checkpoint are read.
        link: to the arm, entered.
        loop: over it.
        page: whether there is a dashboard; with it a planner that fails holds the arm and ends no run.

    Raises:
        WmrError: see `processes.dashboard`.
    """
    run, guard = link.run, GuardedActor(loop.agent, loop.agent.clock) if page else None
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="wmr-watch-"))
        subject = Subject(
            title=f"{loop.agent.model.config.environment}, {run.station}, driver {run.driver}",
            checkpoint=chosen_checkpoint(config).resolve(),
            robot=run.robot.name,
            task=run.driver_config.task if run.driver == "sim" else "",
            watch=Path(folder),
            station=run.station,
            presets=PRESETS,
            workspace=run.robot.workspace,
            keep_out=run.control.safety.keep_out,
        )
        log = PlanLog(link.folder / PLANS, record_of(subject))
        watch = stack.enter_context(Watch(Path(folder), log))
        if page:
            address = config.page.address()
            stack.enter_context(dashboard(subject, address))
            announce(address)
        yield PeriodWatch(watch, loop.agent, loop.goal, run.robot.joint_names, guard=guard)
