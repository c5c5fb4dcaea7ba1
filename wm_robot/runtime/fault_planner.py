"""A planner that moves the arm to and fro in sight of its cameras, and does one thing wrong."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wm_robot.core.types import ActionChunk, Frame
from wm_robot.runtime.arm_link import ArmLink
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.loop import ControlLoop
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.fault_scenarios import Inject, Scenario
from wm_robot.runtime.flight_messages import CycleOutputs

LOOK_S = 0.04
ACTIONS = np.array([[0.0, 0.05, 0.0]] * 3)
"""To one side, 0.25 m/s, and then back."""
MOVING_CYCLES = 300
"""Of motion, after which a fault is injected."""
TRIES_S = 1.0
"""For which a planner goes on sending chunks to an arm that stands."""
STANDSTILL_S = 5.0


@dataclass
class Injector:
    """Injects once, when the arm has been moving for a while."""

    inject: Inject
    cycles: int = 0

    def __call__(self, loop: ControlLoop, outputs: CycleOutputs) -> None:
        self.cycles += outputs.state == Mode.RUNNING
        if self.cycles == MOVING_CYCLES:
            self.cycles += 1
            self.inject(loop)


def plan_wrongly(run: ControlRun, scenario: Scenario, told: Callable[[str, int], None]) -> None:
    """Body of the planner's process; `told` hears ("control", pid), ("moving", ns) and ("wrong", ns)."""
    from wm_sim.camera import SimCamera  # noqa: PLC0415  (opens OpenGL)

    watch = None if scenario.control is None else Injector(scenario.control)
    with ArmLink(run, watch) as link, SimCamera("front", simulation=run.driver_config.name) as camera:
        told("control", link.pid)
        planner = _Planner(link, camera.read, scenario.planner)
        planner.drive(told)


class _Planner:
    def __init__(self, link: ArmLink, look: Callable[[], Frame], wrong: str) -> None:
        self._link, self._look, self._wrong = link, look, wrong
        self._wrong_ns = 0
        self._frame = look()
        self._began_ns = time.monotonic_ns()
        self._plans, self._next_ns = 0, 0

    def drive(self, told: Callable[[str, int], None]) -> None:
        """Move the arm, do wrong, and go on for a while once it stands."""
        moving, stands_ns = False, 0
        until_ns = time.monotonic_ns() + round(STANDSTILL_S * 1e9)
        while (now_ns := time.monotonic_ns()) < until_ns:
            status = self._link.status()
            if status.state == Mode.RUNNING and not moving:
                moving = True
                told("moving", now_ns)
            seconds = MOVING_CYCLES / self._link.run.robot.control_rate_hz
            if (
                moving
                and not self._wrong_ns
                and now_ns - self._began_ns > (seconds + 0.5) * 1e9
                and self._wrong
            ):
                self._wrong_ns = now_ns
                told("wrong", now_ns)
                self._do_wrong_once()
            if status.state == Mode.LATCHED and not stands_ns:
                stands_ns, until_ns = now_ns, now_ns + round(TRIES_S * 1e9)
            self._report(now_ns)
            if now_ns >= self._next_ns:
                self._next_ns = now_ns + 200_000_000
                self._send(now_ns)
            time.sleep(LOOK_S)

    def _do_wrong_once(self) -> None:
        if self._wrong == "estop":
            self._link.ask("estop")
        if self._wrong == "latch":
            self._link.station.latch("fault injection")

    def _report(self, now_ns: int) -> None:
        if self._wrong_ns and self._wrong == "silent":
            return
        self._frame = self._look()
        if self._wrong_ns and self._wrong == "camera backwards":
            self._frame = replace(self._frame, stamp_ns=self._frame.stamp_ns - 2 * (now_ns % 100_000_000))
        began_ns = self._wrong_ns if self._wrong == "overrun" else 0
        self._link.report({"front": self._frame}, began_ns)

    def _send(self, now_ns: int) -> None:
        wrong = self._wrong if self._wrong_ns else ""
        if wrong in ("no chunks", "overrun"):
            return
        direction = 1 if self._plans // 4 % 2 == 0 else -1
        actions = direction * ACTIONS
        stamp_ns = self._frame.stamp_ns
        if wrong == "nan chunk":
            actions = np.full_like(actions, np.nan)
        if wrong == "wide chunk":
            actions = np.hstack([actions, actions])
        if wrong == "old chunks":
            stamp_ns -= 10_000_000_000
        if wrong == "reversed chunks":
            stamp_ns = self._began_ns - self._plans
        self._link.send(
            ActionChunk(
                observation_stamp_ns=stamp_ns,
                start_ns=now_ns + 50_000_000,
                dt_s=0.2,
                actions=actions,
                plan_id=self._plans,
            )
        )
        self._plans += 1


def flight_folder(root: Path, scenario: Scenario) -> Path:
    """Where the run of a scenario is logged."""
    return root / "".join(c if c.isalnum() else "-" for c in scenario.name)
