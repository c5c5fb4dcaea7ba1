"""Emergency stop, stop and reset of arms on this machine, whatever process commands them, or none."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control.requests import ask
from wm_robot.runtime.control.station import Station

STANDSTILL_S = 5.0
"""In which an arm that was asked to stop comes to rest."""


NO_RUN = "latched; no run is active"
"""What `estop` says of an arm that no process of this machine commands."""

FREED = "no run is active; the latch is gone"
"""What `reset` says of such an arm."""


def estop(stations: Sequence[Station], why: str) -> dict[str, str]:
    """Stop the arms and keep them stopped until `reset`; the latch outlives every process.

    Every arm is latched and asked, whatever is wrong with another one or with a disk.

    Returns:
        "latched", in which it stands, or `NO_RUN`, by the arm's name.

    Raises:
        WmrError: an arm is not known to stand, or its latch cannot be written; says how each is.
    """
    unwritten = {station.name: _try_latch(station, why) for station in stations}  # before anybody is awaited
    states = {station.name: _estop(station, unwritten[station.name]) for station in stations}
    problems = {name: problem for name, (_, problem) in states.items() if problem}
    if problems:
        fine = [f"{name}: {state}" for name, (state, problem) in states.items() if not problem]
        raise WmrError("; ".join([*(f"{name}: {problem}" for name, problem in problems.items()), *fine]))
    return {name: state for name, (state, _) in states.items()}


def _try_latch(station: Station, why: str) -> str:
    """Why it cannot be written; "" where it is."""
    try:
        station.latch(why)
    except OSError as error:  # such as a full disk: the control process can hear of it all the same
        return f"the latch cannot be written ({error})"
    return ""


def _estop(station: Station, unwritten: str) -> tuple[str, str]:
    """The state that the arm came to, and what is wrong, "" for nothing."""
    try:
        state = _stop(station, "estop", "latched")
    except WmrError as error:
        return "", f"{error}; {unwritten}" if unwritten else str(error)
    if state not in ("latched", ""):
        return state, (
            f"{state}, not latched, {STANDSTILL_S:g} s after the order; press the arm's own emergency stop"
        )
    if not unwritten:
        return state or NO_RUN, ""
    if state:
        return state, f"latched by the run that is active, but {unwritten}: a later run would move it"
    return state, f"not latched: {unwritten}, and no run is active"


def stop(station: Station) -> str:
    """Bring the arm to rest; the next plan sets it going again.

    Returns:
        The state that it came to, "stopped" or "latched" once it stands; "" where no run is active.

    Raises:
        WmrError: a control process runs but does not answer.
    """
    return _stop(station, "stop", "stopped", "latched")


def _stop(station: Station, request: str, *rest: str) -> str:
    """The state that the arm came to; "" where no run is active."""
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
    told = "; ".join(answer["events"]) if answer else FREED
    done = Reset(state="stopped" if answer is None else answer["state"], told=told, was=why)
    if not done.granted:
        _latch_again(station, why)
    return done


def _latch_again(station: Station, why: str) -> None:
    if why:
        station.latch(why)
