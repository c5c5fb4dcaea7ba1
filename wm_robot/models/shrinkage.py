"""How much of a predicted change to believe, measured on episodes that trained nothing."""

import numpy as np
import torch

from wm_robot.core.seeding import rng
from wm_robot.models.latents import Latents
from wm_robot.models.world_model import WorldModel

FRACTIONS = np.linspace(0.0, 1.0, 11)
WINDOWS = 1000


@torch.inference_mode()
def shrink_predictions(model: WorldModel, validation: Latents, horizon: int, seed: int) -> float:
    """Scale the predicted change of the visual latent by the fraction that errs least, and return it.

    A predictor that overfits a few episodes predicts changes that are right in part and too large:
    z_t + α f(z, a) with α below 1 is then better than both f and a copy of z_t. With enough data the
    best α is 1 and nothing changes.

    Args:
        model: its predictor's output layer is scaled in place.
        validation: latents of episodes that neither encoder nor predictor has seen.
        horizon: steps that a rollout looks ahead; their errors count alike.
        seed: of the choice of windows.
    """
    history, n_visual = model.history, model.config.model.n_visual
    index, _, _ = validation.frames.windows(WINDOWS, history + horizon, rng(seed, "shrinkage"))
    z, target = validation.full(index[:, :history]), validation.plain[index[:, history:]]
    actions = validation.frames.actions[index[:, :-1]]
    out = model.predictor.out
    weight, bias = out.weight[:n_visual].clone(), out.bias[:n_visual].clone()

    def believe(fraction: float) -> None:
        out.weight[:n_visual] = fraction * weight
        out.bias[:n_visual] = fraction * bias

    def error(fraction: float) -> float:
        believe(fraction)
        return float(((model.predictor.rollout(z, actions)[..., :n_visual] - target) ** 2).mean())

    best = float(min(FRACTIONS, key=error))
    believe(best)
    return best
