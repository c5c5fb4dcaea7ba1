"""The dashboard's page beside a planner node; needs no ROS."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from wm_robot.core.errors import WmrError
from wm_robot.core.types import Goal
from wm_robot.dashboard.processes import dashboard
from wm_robot.dashboard.subject import Address, Subject
from wm_robot.planners.planning import PlanningConfig
from wm_robot.robots import Box, get_robot
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.watch.order_relay import OrderRelay
from wm_robot.runtime.watch.period_watch import PeriodWatch
from wm_robot.runtime.watch.requests import Request, Tune
from wm_robot.runtime.watch.watch import Watch

HOST = "127.0.0.1"
IDLE = "waiting for a goal"
ASKED = (
    "the goal is of whoever sent it with the action reach_goal_image, and waits for; cancel it, send another"
)


class PlannerPage:
    """Serves a page while it is open: what the planner shows of each period, and asks of it.

    Args:
        checkpoint: folder of the model.
        robot: name of the arm.
        station: name of the arm on this machine, by which STOP finds its safety controller.
        port: of the page, on this machine alone.
        order: calls the safety controller's service "estop" or "reset", wherever it runs; its answer, or
            WmrError; called in threads of the page's own.
        planning: the settings in force, now.
        tune: puts other settings into force; raises WmrError.
        workspace: where the tip may be commanded, m; None as the arm's description has it.
        keep_out: boxes that no part of the arm may enter, m.

    Raises:
        MissingDependencyError: viser is not installed.
        WmrError: the page cannot be served there.

    Thread-safe.
    """

    def __init__(
        self,
        checkpoint: Path,
        *,
        robot: str,
        station: str,
        port: int,
        order: Callable[[str], str],
        planning: Callable[[], PlanningConfig],
        tune: Callable[[PlanningConfig], None],
        workspace: Box | None = None,
        keep_out: tuple[Box, ...] = (),
    ) -> None:
        self.address = Address(host=HOST, port=port)
        self._planning, self._tune, self._joint_names = planning, tune, get_robot(robot).joint_names
        self._shown = planning()
        self._turn, self._pursued = threading.Lock(), False
        self._periods: PeriodWatch | None = None
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wmr-watch-")))
            self.subject = Subject(
                title=f"{station}, ROS 2",
                checkpoint=checkpoint.resolve(),
                robot=robot,
                watch=folder,
                station=station,
                relayed=True,
                presets=presets_folder(),
                planning=self._shown,
                workspace=workspace,
                keep_out=keep_out,
            )
            self._watch = stack.enter_context(Watch(folder))
            stack.enter_context(_serving(OrderRelay(folder), order))
            stack.enter_context(dashboard(self.subject, self.address))
            self._stack = stack.pop_all()

    def begin(self, agent: LatentMPC, goal: Goal) -> PeriodWatch:
        """What is to be called with each period of a pursuit, until `end`."""
        with self._turn:
            self._pursued = True
            self._periods = PeriodWatch(
                self._watch,
                agent,
                goal,
                self._joint_names,
                tune=self._tune,
                after=self._periods,
                keeps_goal=ASKED,
            )
            return self._periods

    def end(self) -> None:
        """The pursuit is over."""
        with self._turn:
            self._pursued, self._shown = False, self._planning()
            if self._periods is not None:
                self._periods.leave(IDLE)

    def attend(self, state: str) -> None:
        """A sign of life while no goal is pursued, in which the arm is as `state` says."""
        with self._turn:
            if not self._pursued:
                self._watch.tell_state(state)
                self._watch.carry_out(self._carry_out_idle)

    def _carry_out_idle(self, request: Request) -> None:
        """Settings are parameters, with or without a goal."""
        if not isinstance(request, Tune):
            raise WmrError("no goal is pursued: send one with the action reach_goal_image")
        if self._planning() != self._shown:
            raise WmrError("the parameters were changed elsewhere; this page shows them with the next goal")
        self._tune(request.planning)
        self._shown = self._planning()

    def close(self) -> None:
        """End the page."""
        with self._turn:
            self._pursued = True  # nobody attends to it any more
            self._stack.close()


@contextmanager
def _serving(relay: OrderRelay, order: Callable[[str], str]) -> Iterator[None]:
    """Orders are passed on while this is entered, whatever the executor's threads wait for."""
    over = threading.Event()
    thread = threading.Thread(target=relay.serve, args=(order, over), name="orders", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def presets_folder() -> Path:
    """Where presets and the audit log are kept: a launch file may start nodes anywhere."""
    home = os.environ.get("ROS_HOME")
    return (Path(home) if home else Path.home() / ".ros") / "wm_robot" / "presets"
