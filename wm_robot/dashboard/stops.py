"""What the STOP button acts on: nothing here needs the planner, the view or viser to be alive."""

import json
import time
from pathlib import Path
from typing import Any, Protocol

from wm_robot.core.errors import WmrError
from wm_robot.core.mailbox import Mailbox
from wm_robot.runtime.control.orders import FREED, NO_RUN, estop, reset
from wm_robot.runtime.control.requests import ask
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.watch.order_relay import ESTOP, RESET, OrderRelay
from wm_robot.runtime.watch.stop_file import StopFile

WHY = "the STOP button of the dashboard"
STATE = "state"
"""Name of the mailbox in which a planner tells how the arm is; see `runtime.watch.watch`."""

MOVING = ("running", "stopping")
SILENT_S = 2.0
"""Without a sign of life, after which a planner is called silent."""


class Stops(Protocol):
    """An arm that can be stopped; the texts are for people."""

    def stop(self) -> str:
        """Latch; raises WmrError when it is latched but nobody confirms the standstill."""
        ...

    def release(self) -> str:
        """Unlatch; raises WmrError when that is refused."""
        ...

    def state(self) -> dict[str, Any]:
        """The arm's "state", one word, and "why"."""
        ...


class PlannerWord:
    """What a planner says of the arm and of itself, and since when it says nothing.

    Args:
        folder: of its `runtime.watch.Watch`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._box: Mailbox | None = None
        self._told: tuple[bytes, int] | None = None

    def read(self) -> tuple[dict[str, Any], float] | None:
        """Its last word, and how many seconds ago it was said; None before the first."""
        try:
            self._box = self._box or Mailbox(self._folder / STATE)
        except FileNotFoundError:
            return None
        self._told = self._box.read() or self._told
        if self._told is None:
            return None
        return json.loads(self._told[0]), (time.monotonic_ns() - self._told[1]) * 1e-9


class SimulatedArm:
    """The arm of a simulated session: a latch file, and a planner that tells how it is."""

    def __init__(self, folder: Path) -> None:
        self._stop, self._planner = StopFile(folder), PlannerWord(folder)

    def stop(self) -> str:
        self._stop.latch(WHY)
        return "stopped: the arm holds still until it is released"

    def release(self) -> str:
        self._stop.release()
        return "released"

    def state(self) -> dict[str, Any]:
        heard = self._planner.read()
        if heard is None:
            return {"state": "starting", "why": "the simulation is loaded"}
        told, silent_s = heard
        if silent_s > SILENT_S:
            return {"state": "silent", "why": f"the planner says nothing since {silent_s:.0f} s"}
        if self._stop.latched:
            told["state"] = "latched"
        return told


class StationArm:
    """An arm behind its control process, by the way of `wmr estop`.

    Where no process of this machine commands it, the planner is asked to pass the order on; that is the
    second way, because it needs the planner alive.

    Args:
        name: of the station.
        relay: folder of the planner's OrderRelay; None where there is none.
        watch: folder of the planner's Watch; None where nobody plans.
    """

    def __init__(self, name: str, relay: Path | None = None, watch: Path | None = None) -> None:
        self._station = Station(name)
        self._planner = None if watch is None else PlannerWord(watch)
        self._relay = None if relay is None else OrderRelay(relay)

    def stop(self) -> str:
        try:
            here = estop([self._station], WHY)[self._station.name]
        except WmrError as error:
            if self._relay is None:
                raise
            here = str(error)
        else:
            if here != NO_RUN:
                return f"stopped: {here}"
            here = f"no run of {self._station.name!r} is active on this machine (it is latched here)"
        if self._relay is None:
            raise WmrError(f"{here}; if the arm moves all the same, press its own emergency stop")
        try:
            return f"stopped by way of the planner: {self._relay.ask(ESTOP)}"
        except WmrError as error:
            raise WmrError(f"{here}; by way of the planner: {error}") from error

    def release(self) -> str:
        done = reset(self._station)
        if not done.granted:
            raise WmrError(done.told or f"the arm is {done.state}")
        if done.told == FREED and self._relay is not None:
            return self._relay.ask(RESET)
        return done.told or done.state

    def state(self) -> dict[str, Any]:
        status = ask(self._station, "status")
        why = self._station.why_latched()
        told, silent_s = (self._planner and self._planner.read()) or ({}, 0.0)
        silent = f"the planner says nothing since {silent_s:.0f} s" if silent_s > SILENT_S else ""
        if status is None:
            if told and not silent and not why:  # it hears an arm whose control is on another machine
                return told
            if told.get("state") in MOVING and not silent:  # this machine's latch does not reach that control
                return {
                    **told,
                    "why": "it is latched on this machine, but moves: press its own emergency stop",
                }
            none = silent or "no control process is active"
            return {"state": "latched" if why else "no run", "why": why or none}
        if silent and status["state"] != "latched":
            return {"state": "silent", "why": f"{silent}; the arm is {status['state']}"}
        faults = status.get("faults") or status.get("reasons") or ()
        known = {"problem": told["problem"]} if told.get("problem") else {}
        return {"state": status["state"], "why": why or ", ".join(faults), **known}


class Recorded:
    """A run that is over."""

    def stop(self) -> str:
        raise WmrError("this is a recorded run; nothing moves")

    def release(self) -> str:
        raise WmrError("this is a recorded run; nothing moves")

    def state(self) -> dict[str, Any]:
        return {"state": "recorded", "why": "a recorded run"}
