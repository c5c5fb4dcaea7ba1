"""Heads that read latents: pictures, for people, and quantities."""

import warnings

import torch
from torch import nn
from torch.nn import functional as F


class ImageDecoder(nn.Module):
    """Visual latents (N, P * D) → images (N, 3 * cameras, height, width) in [-1, 1].

    For people who look at what the model imagines; no planner uses it.
    """

    CHANNELS = 24

    def __init__(self, *, n_visual: int, cameras: int, image_size: tuple[int, int]) -> None:
        super().__init__()
        self.shape = (self.CHANNELS, image_size[0] // 8, image_size[1] // 8)
        self.expand = nn.Linear(n_visual, self.CHANNELS * self.shape[1] * self.shape[2])
        self.mix = nn.Conv2d(self.CHANNELS, 4 * 48, 3, padding=1)
        self.detail = nn.Conv2d(48, 16 * 3 * cameras, 3, padding=1)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        x = F.gelu(self.expand(z).unflatten(1, self.shape))
        x = F.gelu(F.pixel_shuffle(self.mix(x), 2))
        return F.pixel_shuffle(self.detail(x), 4)


class LinearReadout(nn.Module):
    """Linear map from visual latents (N, P * D) to normalised quantities (N, n)."""

    def __init__(self, *, n_visual: int, n_read: int) -> None:
        super().__init__()
        with warnings.catch_warnings():
            # Without ground truth there is nothing to read, and torch warns of initialising nothing.
            warnings.filterwarnings("ignore", "Initializing zero-element tensors")
            self.linear = nn.Linear(n_visual, n_read)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.linear(z)
