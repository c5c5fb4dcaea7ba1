"""What a checkpoint says of itself, without loading its weights."""

import json
from pathlib import Path

from wm_sim.make import TASKS

from wm_robot.core.errors import CheckpointError, WmrError
from wm_robot.core.serialization import from_json
from wm_robot.dashboard.subject import Subject
from wm_robot.models.config import WorldModelConfig
from wm_robot.robots import Box, get_robot

CONFIG = "config.json"


def workspace_of(subject: Subject) -> Box:
    """Where the task, or else the arm, lets the tool be, m."""
    robot = get_robot(subject.robot)
    return robot.workspace if not subject.task else TASKS.get(subject.task)().workspace(robot)


def read_model_config(checkpoint: Path) -> WorldModelConfig:
    """Spaces, normalisation and sizes of the model in the folder `checkpoint`.

    Raises:
        CheckpointError: no checkpoint, or one of another version.
    """
    try:
        document = json.loads((checkpoint / CONFIG).read_text())
        document.pop("weights_sha256", None)
        return from_json(WorldModelConfig, document, CONFIG)
    except (OSError, ValueError, AttributeError, WmrError) as error:
        raise CheckpointError(f"{checkpoint} holds no checkpoint that can be read: {error}") from error


def weights_sha256(checkpoint: Path) -> str:
    """Digest of the weights of the model in the folder `checkpoint`, as it says; "" where it says none."""
    try:
        return str(json.loads((checkpoint / CONFIG).read_text()).get("weights_sha256", ""))
    except (OSError, ValueError, AttributeError):
        return ""
