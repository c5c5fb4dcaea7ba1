"""Whether the control process would take the arm over as it stands."""

import time

from wm_robot.core.clock import Clock
from wm_robot.core.errors import WmrError
from wm_robot.core.protocols import Robot
from wm_robot.robots import RobotSpec
from wm_robot.runtime.check.finding import Finding, Level, failed
from wm_robot.runtime.control.pipeline import ControlConfig, make_controller
from wm_robot.runtime.flight_messages import CycleInputs


def start_finding(spec: RobotSpec, robot: Robot, clock: Clock) -> Finding:
    """The first cycle of a run, whose command goes nowhere: its watchdogs and its safety filter judge.

    Raises:
        DriverError: the connection is lost.
    """
    controller = make_controller(spec, ControlConfig(planned=False))
    state = robot.read()
    inputs = CycleInputs(
        now_ns=clock.now_ns(),
        system_ns=time.time_ns(),
        state=state,
        driver_error="",
        planner=None,
        planner_alive=True,
        chunk=None,
        requests=(),
    )
    name = "start of a run"
    try:
        controller.step(inputs)
    except WmrError as error:
        return failed(name, error)
    return Finding(name=name, level=Level.OK, detail="the safety filter would take over from here")
