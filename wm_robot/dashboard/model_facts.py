"""What a checkpoint says of itself, without loading its weights."""

import json
from pathlib import Path

from wm_robot.core.errors import CheckpointError, WmrError
from wm_robot.core.serialization import from_json
from wm_robot.models.config import WorldModelConfig

CONFIG = "config.json"


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
