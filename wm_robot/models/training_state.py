"""What an interrupted training run needs in order to go on as if nothing had happened."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import nn

from wm_robot.core.errors import MismatchError
from wm_robot.core.files import sha256_file, write_atomic
from wm_robot.core.serialization import to_json, write_json
from wm_robot.models.optimization import Optimization
from wm_robot.models.train_config import TrainConfig


class TrainingState:
    """Saved weights and moments below `<output>/training`, in float32.

    Two files take turns, and the small JSON that names the valid one is written last: a kill at
    any moment leaves a state that loads.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.directory = Path(config.output) / "training"
        self.config = to_json(config.recipe()) | {"data": str(config.data)}

    def save(self, phase: str, step: int, modules: dict[str, nn.Module], optimization: Optimization) -> None:
        """Record that `step` steps of `phase` are done."""
        tensors = {f"adam/{k}": v for k, v in optimization.state().items()}
        for name, module in modules.items():
            tensors |= {f"{name}/{k}": v.detach().contiguous() for k, v in module.state_dict().items()}
        file = self.directory / f"state-{step % 2}.safetensors"
        write_atomic(file, save(tensors))
        pointer = {
            "phase": phase,
            "step": step,
            "file": file.name,
            "sha256": sha256_file(file),
            "config": self.config,
        }
        write_json(self.directory / "state.json", pointer)

    def position(self) -> tuple[str, int]:
        """Phase and number of finished steps; ("encoder", 0) for a new run.

        Raises:
            MismatchError: the saved run had other settings.
        """
        pointer = self._pointer()
        return (pointer["phase"], pointer["step"]) if pointer else ("encoder", 0)

    def restore(self, modules: dict[str, nn.Module], optimization: Optimization | None) -> None:
        """Load the saved weights into `modules`, and Adam's moments into `optimization`."""
        pointer = self._pointer()
        if pointer is None:
            return
        tensors = load_file(self.directory / pointer["file"])

        def part(prefix: str) -> dict[str, torch.Tensor]:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        for name, module in modules.items():
            if weights := part(f"{name}/"):
                module.load_state_dict(weights)
        if optimization is not None:
            optimization.load_state(part("adam/"))

    def _pointer(self) -> dict | None:
        path = self.directory / "state.json"
        if not path.exists():
            return None
        pointer = json.loads(path.read_text())
        if pointer["config"] != self.config:
            changed = [k for k, v in self.config.items() if pointer["config"].get(k) != v]
            raise MismatchError(
                f"{self.directory} belongs to a run with other settings ({', '.join(changed)}); "
                "give the same settings to continue it, or another output folder"
            )
        if sha256_file(self.directory / pointer["file"]) != pointer["sha256"]:
            raise MismatchError(f"{self.directory} is damaged; delete it to train from the start")
        return pointer
