"""Fit the image decoder to detached latents, so that people can see what the model imagines."""

from collections.abc import Callable

import torch

from wm_robot.core.seeding import rng
from wm_robot.models.images import to_unit_range
from wm_robot.models.latents import Latents
from wm_robot.models.optimization import Optimization
from wm_robot.models.train_config import TrainConfig
from wm_robot.models.world_model import WorldModel

BATCH = 64
BACKGROUND_FRAMES = 1000
FOREGROUND = 10.0
"""Extra weight of a pixel for each unit, of a range of 2, by which it differs from the mean image."""


def fit_decoder(
    model: WorldModel,
    latents: Latents,
    config: TrainConfig,
    progress: Callable[[str, int, int, dict[str, float]], None],
) -> None:
    """Regress plain images on their latents; the latents stay as they are.

    What differs from the mean image counts more: a small object is a few pixels of thousands, and would be
    left out for the sake of the table's.
    """
    decoder = model.decoder.requires_grad_(True).train()
    optimization = Optimization({"decoder": decoder}, lr=2e-3, steps=config.decoder_steps)
    index = latents.frames.indices()
    some = rng(config.seed, "background").choice(index, size=BACKGROUND_FRAMES)
    background = to_unit_range(latents.frames.images[some]).mean(dim=0).to(config.device)
    for step in range(config.decoder_steps):
        pick = rng(config.seed, "decoder", step).choice(index, size=BATCH)
        target = to_unit_range(latents.frames.images[pick].to(config.device))
        with torch.autocast(config.device, torch.bfloat16):
            image = decoder(latents.plain[pick].to(config.device))
        weight = 1 + FOREGROUND * (target - background).abs()
        error = image.float() - target
        loss = (weight * (error.square() + 0.5 * error.abs())).sum() / weight.sum()
        optimization.step(loss, step)
        progress("decoder", step + 1, config.decoder_steps, {"pixels": float(loss.detach())})
    decoder.requires_grad_(False).eval()
