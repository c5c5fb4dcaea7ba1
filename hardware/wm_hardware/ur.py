"""Universal Robots e-Series arms over RTDE."""

from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NoReturn, Self

import numpy as np

from wm_hardware.remote_clock import RemoteClock
from wm_hardware.ur_config import URConfig
from wm_hardware.ur_dashboard import open_dashboard, require_ready
from wm_hardware.ur_link import URState, serve
from wm_hardware.ur_status import PLAYING, PROGRAM_STATES, arm_fault
from wm_robot.core.arrays import FloatArray
from wm_robot.core.clock import Clock
from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.joints import in_order, places
from wm_robot.core.types import JointCommand, JointState
from wm_robot.robots import RobotSpec

UR_JOINTS = (
    "shoulder_pan_joint",
    "shoulder_lift_joint",
    "elbow_joint",
    "wrist_1_joint",
    "wrist_2_joint",
    "wrist_3_joint",
)
"""The controller's own order."""

START_S = 20.0
ANSWER_S = 0.25  # the process of ur_rtde answers from memory: after this long, it hangs


class URDriver:
    """`core.protocols.Robot` over ur_rtde, which runs in a process of its own (`ur_link`).

    Three things stop the arm when this process does not: the controller's watchdog, which ends the program
    when no command has come for 1 / `watchdog_hz` because the sender is late, hung or killed; the arm's own
    safety system; and the pendant.

    A stop is final. After a protective or emergency stop, a paused or ended program, a lost connection or
    `stop()`, the program is ended on the controller and every command refused until `connect()`, so that
    nobody who unlocks the arm or presses Play brings the old motion back. The driver never unlocks a stop,
    and never starts a program but its own.

    Stamps are the controller's, mapped onto `clock` by `RemoteClock`. A controller that freezes is an old
    stamp at first, and a lost connection after 2.5 s.

    Kinematics: each arm's link lengths differ from the published ones by up to millimetres, and RTDE does
    not tell its factory calibration. Joint angles are exact; a tool pose computed with the RobotSpec's model
    is not. See docs/robots/ur5e.md.

    Args:
        spec: the arm; its joints must be UR's six.
        config: how to reach it and how it follows.
        clock: on which states are stamped.

    Raises:
        UnknownNameError: the spec's joints are not those of a UR arm.

    Source: Universal Robots, Real-Time Data Exchange (RTDE) Guide.
    """

    def __init__(self, spec: RobotSpec, config: URConfig, clock: Clock) -> None:
        order = places(spec.joint_names, UR_JOINTS)
        places(UR_JOINTS, spec.joint_names)
        self.spec, self.config, self.clock = spec, config, clock
        self._max_velocity = np.take(spec.max_velocity, order)
        self._dashboard: Any = None
        self._process: Any = None
        self._pipe: Connection | None = None
        self._remote_clock = RemoteClock()
        self._fault = self._refusal = ""

    @property
    def joint_names(self) -> tuple[str, ...]:
        return UR_JOINTS

    @property
    def clock_offset_s(self) -> float | None:
        """Time of `clock` minus that of the controller; None while not connected."""
        offset_ns = self._remote_clock.offset_ns
        return None if offset_ns is None else offset_ns * 1e-9

    def connect(self) -> None:
        """Check the arm, start the program that takes commands, learn the controller's clock. Nothing moves.

        Raises:
            MissingDependencyError: ur_rtde is not installed.
            DriverError: nobody answers; another robot; not in remote control; stopped; in use.
        """
        self.disconnect()
        self._dashboard = open_dashboard(self.config.host)
        try:
            require_ready(self._dashboard, self.config.host, self.spec)
            self._start_link()
            stamps: set[int] = set()
            while len(stamps) < 20:  # the smallest delay is found by looking more often than states arrive
                stamps.add(self.read().stamp_ns)
        except WmrError:
            self.disconnect()
            raise

    def read(self) -> JointState:
        """See `Robot.read`; a fault that is found here ends the program on the controller."""
        state = self._state()
        return JointState(
            stamp_ns=self._remote_clock.to_local(round(state.timestamp_s * 1e9), self.clock.now_ns()),
            joint_names=UR_JOINTS,
            q=np.array(state.q),
            v=np.array(state.v),
            fault=self._fault,
        )

    def command(self, command: JointCommand) -> None:
        """See `Robot.command`.

        Raises:
            DriverError: also for a stopped arm, and for a target further from where the arm is than the
                spec's watchdog limit `tracking_rad`, which would be a jump. Nothing is sent.
        """
        q, v = in_order(command, UR_JOINTS)
        state = self._state()
        if self._refusal:
            raise DriverError(f"command refused: {self._refusal}; once the cause is clear, connect() again")
        error = q - state.q
        self._require_near(error)
        if self.config.mode == "servoj":
            taken = self._ask("servo", q.tolist(), 1 / self.spec.control_rate_hz)
        else:
            speed = v + self.config.speedj_gain_1_s * error
            limited = np.clip(speed, -self._max_velocity, self._max_velocity)
            taken = self._ask("speed", limited.tolist(), min(self.spec.max_acceleration))
        if not taken:
            self._end("the control program took no command")
            raise DriverError(
                f"the UR controller at {self.config.host} took no command; read() says why: connect() again"
            )

    def stop(self) -> None:
        """Brake to a standstill and end the program; takes at most `stop_timeout_s` and 2.5 s."""
        if self._process is None:
            return
        with suppress(DriverError):
            self._end("stop() was called")
            if self._ask("ended", self.config.stop_timeout_s, within_s=self.config.stop_timeout_s + ANSWER_S):
                return
        # Past the process of ur_rtde. To the dashboard, ending a program that has ended is an error.
        with suppress(RuntimeError):
            self._dashboard.stop()

    def disconnect(self) -> None:
        """Stop, and close the connections."""
        self.stop()
        self._drop_link()
        self._dashboard = self._process = None
        self._remote_clock = RemoteClock()
        self._fault = self._refusal = ""

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *exception: object) -> None:
        self.disconnect()

    def _start_link(self) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self.config), daemon=True)
        self._process.start()
        theirs.close()  # so that each end sees when the other has gone
        why_not = self._answer(START_S)
        if why_not:
            raise DriverError(
                f"the UR controller at {self.config.host} refuses RTDE: {why_not}; check that RTDE and the "
                "real-time client are enabled (pendant: Settings, Security, Services) and that nobody else "
                "uses its registers, look at the pendant's log, or restart the controller"
            )

    def _state(self) -> URState:
        state = self._ask("state")
        if state is None:
            self._lose()
        if fault := self._fault_of(state):
            self._fault = fault  # stays until connect(), as the refusal of commands does
            self._end(fault)
        return state

    def _fault_of(self, state: URState) -> str:
        if fault := arm_fault(state.robot_mode, state.safety_mode):
            return fault
        if not self._refusal and state.program_state != PLAYING:
            word = PROGRAM_STATES.get(state.program_state, f"in state {state.program_state}")
            return f"control program {word}: by the watchdog, as commands stayed away, or at the pendant"
        return ""

    def _end(self, why: str) -> None:
        self._refusal = self._refusal or why
        self._ask("end")

    def _ask(self, name: str, *values: object, within_s: float = ANSWER_S) -> Any:
        if self._process is None:
            raise DriverError("the UR driver is not connected; call connect() first")
        if self._pipe is not None:
            with suppress(OSError):
                self._pipe.send((name, *values))
        return self._answer(within_s)

    def _answer(self, within_s: float) -> Any:
        if self._pipe is not None:
            with suppress(EOFError, OSError):
                if self._pipe.poll(within_s):
                    return self._pipe.recv()
        return self._lose()

    def _lose(self) -> NoReturn:
        self._drop_link()
        raise DriverError(
            f"lost the connection to the UR controller at {self.config.host}; its watchdog stops the arm: "
            "check the cable and the controller, then connect() again"
        )

    def _drop_link(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._process.kill()
            self._process.join()
            self._pipe = None

    def _require_near(self, error: FloatArray) -> None:
        limit = self.spec.watchdogs.tracking_rad
        worst = int(np.argmax(np.abs(error)))
        if abs(error[worst]) > limit:
            raise DriverError(
                f"command refused: {UR_JOINTS[worst]} would have to jump by {error[worst]:.3f} rad; at most "
                f"{limit} rad are valid: start from the measured joint state"
            )
