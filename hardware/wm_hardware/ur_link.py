"""ur_rtde in a process of its own: what reads and feeds a UR controller.

ur_rtde 1.6.5 brings its process down where a connection is lost and found again (its control interface then
receives in two threads on one socket), may throw out of a destructor, and waits up to 300 s for a
controller that has frozen. Here that costs this process alone: the driver sees that it has gone, and the
controller's watchdog stops the arm. When the driver's process has gone, this one brakes the arm.

Source: ur_rtde 1.6.5, src/rtde_control_interface.cpp and scripts/rtde_control.script.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any, NamedTuple

from wm_hardware.ur_config import URConfig
from wm_hardware.ur_status import PLAYING

OUTPUTS = ["timestamp", "actual_q", "actual_qd", "robot_mode", "safety_mode", "runtime_state"]


class URState(NamedTuple):
    """One state: seconds since the controller was switched on, rad and rad/s in UR's order, three modes."""

    timestamp_s: float
    q: list[float]
    v: list[float]
    robot_mode: int
    safety_mode: int
    program_state: int


class URLink:
    """Both RTDE connections, and ur_rtde's control program: uploaded once, fed, ended once.

    The controller's watchdog is armed before the first target. It watches the register that every target
    writes, so each target is the kick that it waits for. (`kickWatchdog` would write "no command" into that
    register, and undo a target of the same control cycle.)

    Args:
        config: host, rates and gains.

    Raises:
        RuntimeError: RTDE is refused, sends nothing, or the program does not start.
    """

    def __init__(self, config: URConfig) -> None:
        from dashboard_client import DashboardClient  # noqa: PLC0415
        from rtde_control import RTDEControlInterface  # noqa: PLC0415
        from rtde_receive import RTDEReceiveInterface  # noqa: PLC0415

        self._config = config
        self._receive: Any = RTDEReceiveInterface(config.host, config.rtde_rate_hz, OUTPUTS)
        # Without states, the control interface would wait for ever.
        first_s = self._receive.getTimestamp()
        self._wait(lambda: self._receive.getTimestamp() != first_s, "it sends no states")
        # Without FLAG_UPLOAD_SCRIPT: with it, the library uploads its program again when it finds a lost
        # controller, and then no watchdog is armed.
        flags = RTDEControlInterface.FLAG_NO_WAIT | RTDEControlInterface.FLAG_NO_EXT_FT
        self._control: Any = RTDEControlInterface(config.host, config.rtde_rate_hz, flags)
        self._control.reuploadScript()
        self._dashboard: Any = DashboardClient(config.host)
        self._dashboard.connect()
        self._wait(
            lambda: self._control.isProgramRunning() and self._receive.getRuntimeState() == PLAYING,
            "it does not start the control program",
        )
        self._armed = False
        self._ending: Thread | None = None

    def state(self) -> URState | None:
        """The newest state; None when a connection is lost."""
        receive = self._receive
        while receive.isConnected() and self._control.isConnected():
            timestamp_s = receive.getTimestamp()
            modes = receive.getRobotMode(), receive.getSafetyMode(), receive.getRuntimeState()
            state = URState(timestamp_s, receive.getActualQ(), receive.getActualQd(), *modes)
            if receive.getTimestamp() == timestamp_s:  # all of one package
                return state
        return None

    def servo(self, q: list[float], period_s: float) -> bool:
        """Move towards joints (6,), rad, for `period_s`, then hold them; whether the program took them."""
        # servoj uses neither the speed nor the acceleration that the library asks for.
        gains = (0.0, 0.0, period_s, self._config.lookahead_s, self._config.gain)
        return self._arm_watchdog() and self._control.servoJ(q, *gains)

    def speed(self, v: list[float], acceleration_rad_s2: float) -> bool:
        """Move at joint velocities (6,), rad/s, until the next ones; whether the program took them."""
        return self._arm_watchdog() and self._control.speedJ(v, acceleration_rad_s2, 0.0)

    def end(self) -> None:
        """Begin to brake and to end the program, once and for all."""
        if self._ending is None:
            self._ending = Thread(target=self._brake_and_end, daemon=True)
            self._ending.start()

    def ended(self, timeout_s: float) -> bool:
        """Whether `end` is done, after waiting for it."""
        if self._ending is not None:
            self._ending.join(timeout_s)
        return self._ending is not None and not self._ending.is_alive()

    def _arm_watchdog(self) -> bool:
        if not self._armed:
            self._armed = self._control.setWatchdog(self._config.watchdog_hz)
        return self._armed and self._ending is None

    def _brake_and_end(self) -> None:
        with suppress(RuntimeError):
            if self._control.isConnected() and self._control.isProgramRunning():
                if self._armed and self._config.mode == "servoj":
                    self._control.servoStop(self._config.stop_deceleration)
                elif self._armed:
                    self._control.speedStop(self._config.stop_deceleration)
                self._control.stopScript()
        # A paused program ends in this way only. To the dashboard, ending one that has ended is an error.
        with suppress(RuntimeError):
            self._dashboard.stop()

    def _wait(self, holds: Callable[[], bool], otherwise: str) -> None:
        deadline_s = time.monotonic() + 5.0
        while not holds():
            if not self._receive.isConnected() or time.monotonic() > deadline_s:
                raise RuntimeError(otherwise)
            time.sleep(0.001)


def serve(pipe: Connection, config: URConfig) -> None:
    """Say "" once ready, or why not; do what the driver asks for until it goes; then stop the arm."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver to answer
    try:
        link = URLink(config)
    except RuntimeError as error:
        pipe.send(str(error) or type(error).__name__)
        os._exit(1)
    pipe.send("")
    with suppress(EOFError, OSError):
        while True:
            name, *values = pipe.recv()
            pipe.send(getattr(link, name)(*values))
    link.end()
    link.ended(config.stop_timeout_s)
    os._exit(0)  # without the library's destructors
