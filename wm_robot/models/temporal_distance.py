"""How many control steps a state is away from a goal image, learned from the same episodes."""

import torch
from torch import nn
from torch.nn import functional as F

from wm_robot.models.predictor import gelu


class TemporalDistance(nn.Module):
    """d(z, g) ≥ 0 in control steps / `unit`: an MLP on a latent and a goal's visual latent.

    The first layer is split in a latent and a goal part: while planning, the goal part is a
    constant and is computed once.

    Args:
        latent: width L of a frame's latent.
        goal: width P * D of a goal's visual latent.
        width: hidden width.
        layers: hidden layers after the first.
        heads: outputs trained on the same targets from different initial weights; their
            mean is the distance.
    """

    def __init__(self, *, latent: int, goal: int, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.add_module("in", nn.Linear(latent, width))
        self.goal = nn.Linear(goal, width, bias=False)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.out = nn.Linear(width, heads)

    def forward(self, z: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
        """Distances (..., heads) from z (..., L) to g (..., P * D)."""
        h = gelu(self.get_submodule("in")(z) + self.goal(g))
        for layer in self.hidden:
            h = gelu(layer(h))
        return F.softplus(self.out(h))


def expectile_loss(error: torch.Tensor, tau: float) -> torch.Tensor:
    """|τ − 1(error < 0)| error²: its minimiser is the τ-expectile of the targets.

    With error = target − prediction and τ < 1/2, the prediction leans towards the smaller
    targets: the time that the better part of the behaviour took.
    """
    return (torch.where(error < 0, 1 - tau, tau) * error**2).mean()
