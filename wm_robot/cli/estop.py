"""Stop an arm on this machine, now, and keep it stopped until `wmr reset`.

Works with or without a running `wmr run`: the latch is a file that every run respects. It is no
replacement for the arm's own emergency stop.

Example: wmr estop
Example: wmr estop --name left_ur5e
"""

import json
from dataclasses import dataclass

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control.orders import estop
from wm_robot.runtime.control.station import Station, stations


@dataclass(frozen=True, kw_only=True)
class EstopConfig:
    """Options of `wmr estop`.

    Args:
        name: of the arm; every arm that this machine has commanded when left out.
        json: print one JSON object on standard output.
    """

    name: str | None = None
    json: bool = False


def run(config: EstopConfig) -> int:
    chosen = [Station(config.name)] if config.name else stations()
    if not chosen:
        raise WmrError("this machine has commanded no arm yet; name one with --name to latch it")
    answers = estop(chosen, "wmr estop")
    if config.json:
        print(json.dumps(answers))
    else:
        for name, state in answers.items():
            print(f"{name}: {state}; next: wmr reset --name {name}")
    return 0
