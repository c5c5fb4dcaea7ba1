"""The action-conditioned latent predictor."""

import torch
from torch import nn
from torch.nn import functional as F


def gelu(x: torch.Tensor) -> torch.Tensor:
    """GELU in its tanh form: the one that the native kernel computes."""
    return F.gelu(x, approximate="tanh")


class AdaptiveBlock(nn.Module):
    """h ← h + gate(c) ∘ MLP(LN(h) ∘ (1 + scale(c)) + shift(c)), with c the embedded actions.

    The modulation starts at zero, so that a new block is the identity (adaLN-zero).
    """

    def __init__(self, width: int, embed: int) -> None:
        super().__init__()
        self.modulation = nn.Linear(embed, 3 * width)
        self.up = nn.Linear(width, width)
        self.down = nn.Linear(width, width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)
        with torch.no_grad():
            self.modulation.bias[2 * width :] = 0.5

    def forward(self, h: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        shift, scale, gate = self.modulation(c).chunk(3, dim=-1)
        y = F.layer_norm(h, h.shape[-1:], eps=1e-6) * (1 + scale) + shift
        return h + gate * self.down(gelu(self.up(y)))


class Predictor(nn.Module):
    """z_{t+1} = z_t + f(z_{t-T+1..t}, a_{t-T+1..t}): a residual MLP with adaptive LayerNorm.

    Args:
        latent: width L of a frame's latent (visual tokens and proprioception).
        nu: number of actions, normalised to [-1, 1].
        history: frames T.
        width: W.
        blocks: number of adaptive blocks.
        action_embed: E.
    """

    def __init__(
        self, *, latent: int, nu: int, history: int, width: int, blocks: int, action_embed: int
    ) -> None:
        super().__init__()
        self.history = history
        self.action = nn.Sequential(
            nn.Linear(history * nu, action_embed),
            nn.GELU(approximate="tanh"),
            nn.Linear(action_embed, action_embed),
        )
        self.add_module("in", nn.Linear(history * latent, width))
        self.blocks = nn.ModuleList(AdaptiveBlock(width, action_embed) for _ in range(blocks))
        self.out = nn.Linear(width, latent)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, z: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The next latent (N, L) after z (N, T, L) and a (N, T, nu), both oldest first."""
        c = gelu(self.action(a.flatten(1)))
        h = self.get_submodule("in")(z.flatten(1))
        for block in self.blocks:
            h = block(h, c)
        return z[:, -1] + self.out(F.layer_norm(h, h.shape[-1:], eps=1e-6))

    def rollout(self, z: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """Latents (N, H, L) after each of the last H actions.

        Args:
            z: history (N, T, L).
            a: the T - 1 actions between its frames, then H more (N, T - 1 + H, nu).
        """
        steps = a.shape[1] - self.history + 1
        predicted = []
        for h in range(steps):
            following = self(z, a[:, h : h + self.history])
            z = torch.cat([z[:, 1:], following[:, None]], dim=1)
            predicted.append(following)
        return torch.stack(predicted, dim=1)
