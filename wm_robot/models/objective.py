"""The joint-embedding predictive objective: what the encoder phase minimises."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from wm_robot.models.contrast import TimeContrast
from wm_robot.models.sigreg import sigreg
from wm_robot.models.temporal_distance import expectile_loss
from wm_robot.models.train_config import ObjectiveConfig
from wm_robot.models.world_model import WorldModel


@dataclass(frozen=True, kw_only=True)
class ImageBatch:
    """Windows of frames and one later frame of the same episode as goal.

    Args:
        images: (B, F + 1, 3 * cameras, height, width) uint8; the last one is the goal.
        proprio: (B, F, n_proprio), normalised.
        actions: (B, F - 1, nu), normalised.
        steps_to_goal: control steps from each frame to the goal (B, F).
    """

    images: torch.Tensor
    proprio: torch.Tensor
    actions: torch.Tensor
    steps_to_goal: torch.Tensor

    def to(self, device: str) -> "ImageBatch":
        return ImageBatch(**{name: tensor.to(device) for name, tensor in vars(self).items()})


def prediction_loss(predicted: torch.Tensor, target: torch.Tensor, n_visual: int) -> torch.Tensor:
    """Mean squared error of visual latents plus that of the proprioception, each per entry."""
    visual = F.mse_loss(predicted[..., :n_visual], target[..., :n_visual])
    return visual + F.mse_loss(predicted[..., n_visual:], target[..., n_visual:])


def encoder_objective(
    model: WorldModel,
    batch: ImageBatch,
    *,
    contrast: TimeContrast,
    target_encoder: nn.Module | None,
    config: ObjectiveConfig,
    generator: torch.Generator,
) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of the encoder phase and its terms.

    L = |ẑ_{t+1..t+R} − z_{t+1..t+R}|² + λ SIGReg(z) + μ expectile(d(z, g), steps to g)
        + ν InfoNCE(z_t, g) + π |P z − proprioception|²

    Args:
        model: world model.
        contrast: projection of the InfoNCE term.
        target_encoder: slow copy that gives the targets, or None for gradients through them.
        batch: windows whose first `model.history` frames are the context.
        config: weights.
        generator: directions of SIGReg.
    """
    history, n_visual = model.history, model.config.model.n_visual
    flat = batch.images.flatten(0, 1)
    visual = model.encoder(flat).float().unflatten(0, batch.images.shape[:2])  # (B, F + 1, P * D)
    z = torch.cat([visual[:, :-1], batch.proprio], dim=-1)  # (B, F, L)
    target = z
    if target_encoder is not None:
        with torch.no_grad():
            slow = target_encoder(flat).float().unflatten(0, batch.images.shape[:2])[:, :-1]
        target = torch.cat([slow, batch.proprio], dim=-1)

    predicted = model.predictor.rollout(z[:, :history], batch.actions).float()
    prediction = prediction_loss(predicted, target[:, history:], n_visual)
    regularity = sigreg(visual.flatten(0, 1), config.projections, generator)
    distance = model.distance(z, visual[:, -1:].expand(-1, z.shape[1], -1)).float()
    steps = (batch.steps_to_goal / config.distance_unit)[..., None]
    time = expectile_loss(steps - distance, config.expectile)

    episode = contrast(visual[:, 0], visual[:, -1])
    seen = model.proprio_readout(visual[:, :-1]).float()
    posture = F.mse_loss(seen, batch.proprio)

    loss = prediction + config.distance_weight * time + config.contrast_weight * episode
    loss = loss + config.proprio_weight * posture
    if target_encoder is None:
        loss = loss + config.sigreg_weight * regularity
    terms = {
        "prediction": prediction,
        "sigreg": regularity,
        "distance": time,
        "contrast": episode,
        "proprio": posture,
    }
    return loss, {name: float(value.detach()) for name, value in terms.items()}
