"""The frozen encoder's latents of every frame, plain and repainted."""

from dataclasses import dataclass

import numpy as np
import torch

from wm_robot.models.augmentation import ColorLuts
from wm_robot.models.frames import Frames
from wm_robot.models.world_model import WorldModel

BATCH = 256


@dataclass(frozen=True, kw_only=True)
class Latents:
    """Latents beside the frames they were encoded from.

    Args:
        frames: the source.
        plain: visual latents of the images as they are (N, P * D).
        painted: visual latents of the same images, each repainted once (N, P * D).
    """

    frames: Frames
    plain: torch.Tensor
    painted: torch.Tensor

    def full(self, index: np.ndarray, painted: np.ndarray | None = None) -> torch.Tensor:
        """Latents with proprioception (..., L) at `index`; where `painted`, of the repainted image."""
        visual = self.plain[index]
        if painted is not None:
            visual = torch.where(torch.from_numpy(painted)[..., None], self.painted[index], visual)
        return torch.cat([visual, self.frames.proprio[index]], dim=-1)


@torch.inference_mode()
def encode_frames(model: WorldModel, frames: Frames, luts: ColorLuts, choice: np.ndarray) -> Latents:
    """Encode every frame twice, in float32; `choice` (N,) names the repainting of each."""
    device = next(model.parameters()).device
    plain, painted = [], []
    for first in range(0, len(frames.images), BATCH):
        images = frames.images[first : first + BATCH]
        repainted = luts.paint(images, choice[first : first + BATCH])
        for source, into in ((images, plain), (repainted, painted)):
            into.append(model.encoder(source.to(device)).cpu())
    return Latents(frames=frames, plain=torch.cat(plain), painted=torch.cat(painted))
