"""A checkpoint is a folder: `model.safetensors` (weights) and `config.json`."""

import hashlib
import json
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save

from wm_robot.core.errors import CheckpointError, WmrError
from wm_robot.core.files import write_atomic
from wm_robot.core.serialization import from_json, to_json
from wm_robot.models.config import WorldModelConfig
from wm_robot.models.stored_weights import restored, stored
from wm_robot.models.world_model import WorldModel

WEIGHTS = "model.safetensors"
CONFIG = "config.json"


def save_checkpoint(model: WorldModel, directory: Path) -> None:
    """Write `model` to `directory`; the config, written last, names the weights by their hash."""
    weights = save(stored(model.state_dict()))
    write_atomic(directory / WEIGHTS, weights)
    document = to_json(model.config) | {"weights_sha256": hashlib.sha256(weights).hexdigest()}
    write_atomic(directory / CONFIG, (json.dumps(document, indent=2) + "\n").encode())


def load_checkpoint(directory: str | Path, device: str = "cpu") -> WorldModel:
    """The world model in `directory`, ready for inference.

    Raises:
        CheckpointError: no checkpoint there, or weights and config do not belong together.
    """
    directory = Path(directory)
    if not (directory / CONFIG).is_file():
        raise CheckpointError(f"no checkpoint at {directory}: it must hold {CONFIG} and {WEIGHTS}")
    try:
        document = json.loads((directory / CONFIG).read_text())
        expected = document.pop("weights_sha256")
        weights = (directory / WEIGHTS).read_bytes()
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise CheckpointError(f"{directory} is not a whole checkpoint: {error}") from error
    digest = hashlib.sha256(weights).hexdigest()
    if digest != expected:
        raise CheckpointError(
            f"{directory / WEIGHTS} does not belong to {CONFIG} (SHA-256 {digest[:12]}…, expected "
            f"{expected[:12]}…): the checkpoint is damaged or was half-written; train or copy it again"
        )
    try:
        model = WorldModel(from_json(WorldModelConfig, document, CONFIG))
        model.load_state_dict(restored(load(weights)))
    except (WmrError, RuntimeError, SafetensorError, KeyError) as error:
        raise CheckpointError(f"{directory} cannot be used: {error}") from error
    model.sha256 = digest
    return model.to(device).eval()
