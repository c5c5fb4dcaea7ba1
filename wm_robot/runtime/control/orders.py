"""Emergency stop, stop and reset of arms on this machine, whatever process commands them, or none."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control.requests import ask
from wm_robot.runtime.control.station import Station

STANDSTILL_S = 5.0


def estop(stations: Sequence[Station], why: str) -> dict[str, str]:
    """Stop the arms and keep them stopped until `reset`; the latch outlives every process.

    Returns:
        The state that each came to by its name, "latched" once it stands.

    Raises:
        WmrError: a control process runs but does not answer; every latch is written all the same.
    """
    for station in stations:  # all latches first: no arm waits for another's answer
        station.latch(why)
    return {s.name: _stop(s, "estop", "latched") or "latched; no run is active" for s in stations}


def stop(station: Station) -> str:
    """Bring the arm to rest; the next plan sets it going again.

    Returns:
        The state that it came to, "stopped" or "latched" once it stands; "" where no run is active.

    Raises:
        WmrError: a control process runs but does not answer.
    """
    return _stop(station, "stop", "stopped", "latched")


def _stop(station: Station, request: str, *rest: str) -> str:
    answer = ask(station, request)
    until = time.monotonic() + STANDSTILL_S
    while answer is not None and answer["state"] not in rest and time.monotonic() < until:
        time.sleep(0.02)
        answer = ask(station, "status")
    return "" if answer is None else answer["state"]


@dataclass(frozen=True, kw_only=True)
class Reset:
    """What became of a reset.

    Args:
        state: of the arm after it.
        told: by the control process.
        was: why the arm was latched on this machine, "" where it was not.
    """

    state: str
    told: str
    was: str

    @property
    def granted(self) -> bool:
        return self.state == "stopped"


def reset(station: Station) -> Reset:
    """Let the arm move again; where that is refused, it stays latched.

    Raises:
        WmrError: a control process runs but does not answer.
    """
    why = station.why_latched()
    station.unlatch()
    try:
        answer = ask(station, "reset")
    except WmrError:
        _latch_again(station, why)
        raise
    told = "; ".join(answer["events"]) if answer else "no run is active; the latch is gone"
    done = Reset(state="stopped" if answer is None else answer["state"], told=told, was=why)
    if not done.granted:
        _latch_again(station, why)
    return done


def _latch_again(station: Station, why: str) -> None:
    if why:
        station.latch(why)
