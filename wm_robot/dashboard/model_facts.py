"""What a checkpoint says of itself, without loading its weights."""

import json
from pathlib import Path

from wm_sim.make import TASKS

from wm_robot.core.errors import CheckpointError, WmrError
from wm_robot.core.serialization import from_json
from wm_robot.dashboard.subject import Subject
from wm_robot.models.config import WorldModelConfig
from wm_robot.robots import Box, RobotSpec, get_robot

CONFIG = "config.json"


def workspace_of(subject: Subject) -> Box:
    """Where the tool may be: what is in force, else as the task, or else the arm, lets it, m."""
    return subject.workspace or task_workspace(get_robot(subject.robot), subject.task)


def task_workspace(robot: RobotSpec, task: str) -> Box:
    """Of a simulation's task; the arm's own where `task` is "", m."""
    return TASKS.get(task)().workspace(robot) if task else robot.workspace


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
