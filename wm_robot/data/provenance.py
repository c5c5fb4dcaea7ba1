"""meta/wm_robot.json: where the episodes come from, so that they can be replayed exactly."""

import json
from dataclasses import dataclass
from pathlib import Path

from wm_robot.core.errors import DatasetError, WmrError
from wm_robot.core.serialization import from_json, write_json
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.data.layout import PROVENANCE


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Origin of a dataset that wm_robot recorded.

    The seed of each episode stands in the episodes table, in the column `wm_robot/seed`.

    Args:
        environment: name that makes the environment again, such as "push" or "dm:reacher-easy".
        robot: name of the robot.
        action_space: actions as executed.
        observation_space: cameras and proprioception as recorded; its order fixes the names.
        varied_looks: fraction of the episodes in which the scene had a look of its own.
        seed: seed that the episodes' seeds derive from, or None where there is none.
        commit: version control commit of the code that recorded, or "unknown".
    """

    environment: str
    robot: str
    action_space: ActionSpace
    observation_space: ObservationSpace
    varied_looks: float = 0.0
    seed: int | None = None
    commit: str = "unknown"


def write_provenance(root: Path, provenance: Provenance) -> None:
    write_json(root / PROVENANCE, provenance)


def read_provenance(root: Path) -> Provenance | None:
    """The origin of the dataset at `root`; None for a dataset that others recorded."""
    path = root / PROVENANCE
    if not path.exists():
        return None
    try:
        return from_json(Provenance, json.loads(path.read_text()))
    except (json.JSONDecodeError, UnicodeDecodeError, WmrError) as error:
        raise DatasetError(f"{path} is broken: {error}") from error
