"""An arm that is owned by a thread, in a process that has other things to do."""

import gc
import threading
from contextlib import AbstractContextManager, nullcontext

from wm_robot.core.errors import WmrError
from wm_robot.core.protocols import Robot
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.drive import END_S, drive
from wm_robot.runtime.control.planner_line import PlannerLine

HUNG_S = END_S + 1.0
"""After which a thread that should have ended is given up."""


class ControlThread:
    """Takes an arm over and commands it until it is stopped.

    Garbage is not collected meanwhile, except by whoever calls `gc.collect` now and then.

    Args:
        run: what to control.
        robot: the driver, not yet connected.
        line: to the planner.
    """

    def __init__(self, run: ControlRun, robot: Robot, line: PlannerLine) -> None:
        self._run, self._robot = run, robot
        self._line: AbstractContextManager[PlannerLine] = nullcontext(line)
        self._begun, self._quit = threading.Event(), threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._drive, name="control loop", daemon=True)
        self.failure = ""
        """Why it ended though nobody stopped it; "" while all is well."""

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        """Take the arm over; nothing moves.

        Raises:
            WmrError: why that cannot be.
        """
        self._thread.start()
        while not self._begun.wait(0.01):
            if self._over.is_set():
                raise WmrError(self.failure)

    def stop(self) -> None:
        """Bring the arm to rest, and let it go; raises WmrError where the thread hangs."""
        self._quit.set()
        self._thread.join(HUNG_S)
        if self._thread.is_alive():
            raise WmrError("the control loop hangs; press the arm's own emergency stop")

    def _drive(self) -> None:
        try:
            drive(self._run, self._robot, self._line, begun=self._begun.set, ending=self._quit.is_set)
        except Exception as error:  # whatever it is, the arm is stopped and others must hear of it
            name = "" if isinstance(error, WmrError) else f"{type(error).__name__}: "
            self.failure = f"{name}{error}"
        finally:
            gc.enable()
            gc.unfreeze()
            self._over.set()
