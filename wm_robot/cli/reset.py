"""Let an arm move again after a stop: from a standstill, with fresh sensors and nothing wrong any more.

The plan that was running is gone; nothing moves until a new one comes.

Example: wmr reset
"""

import json
from dataclasses import dataclass

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control.orders import reset
from wm_robot.runtime.control.requests import ask
from wm_robot.runtime.control.station import Station, stations

REFUSED = 1


@dataclass(frozen=True, kw_only=True)
class ResetConfig:
    """Options of `wmr reset`.

    Args:
        name: of the arm; the only one that is latched when left out.
        json: print one JSON object on standard output.
    """

    name: str | None = None
    json: bool = False


def run(config: ResetConfig) -> int:
    station = Station(config.name) if config.name else _only_latched()
    done = reset(station)
    if config.json:
        print(json.dumps({"name": station.name, "state": done.state, "told": done.told, "was": done.was}))
    else:
        was = f" (was latched: {done.was})" if done.was else ""
        print(f"{station.name}: {done.told or done.state}{was}")
    return 0 if done.granted else REFUSED


def _only_latched() -> Station:
    running = [s for s in stations() if s.latched or ((a := ask(s, "status")) and a["state"] == "latched")]
    if not running:
        raise WmrError("no arm of this machine is latched; there is nothing to reset")
    if len(running) > 1:
        raise WmrError(f"which arm? --name, one of {', '.join(s.name for s in running)}")
    return running[0]
