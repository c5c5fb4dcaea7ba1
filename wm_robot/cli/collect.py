"""Record exploration episodes of a task as a LeRobotDataset v3.0.

The same command continues a run that was interrupted; more episodes extend a finished one.

Example: wmr collect --task push --episodes 2000 --workers 2 --output data/push
"""

import json
from dataclasses import dataclass
from typing import Annotated

import tyro
from rich.console import Console

from wm_robot.core.serialization import to_json
from wm_robot.runtime.collect import collect
from wm_robot.runtime.collect_config import CollectConfig


@dataclass(frozen=True, kw_only=True)
class CollectCommand:
    """Options of `wmr collect`.

    Args:
        collection: what to record.
        json: print one JSON object on standard output instead of a sentence.
    """

    collection: Annotated[CollectConfig, tyro.conf.arg(name="")]
    json: bool = False


def run(config: CollectCommand) -> int:
    result = collect(config.collection, progress=True)
    if config.json:
        print(json.dumps(to_json(result)))
    else:
        Console().print(
            f"{result.output}: {result.episodes} episodes, {result.frames} frames; "
            f"{result.recorded_episodes} of them recorded now at {result.frames_per_s:.0f} frames/s "
            f"({result.images_per_s:.0f} images/s)"
        )
    return 0
