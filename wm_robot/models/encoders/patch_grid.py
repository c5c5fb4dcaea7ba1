"""Patch embedding and two convolutions: a grid of tokens, cheap enough to train on a CPU."""

import torch
from torch import nn

from wm_robot.models.images import PLANES, encoder_planes

PATCH = 8


class PatchGridEncoder(nn.Module):
    """Images of all cameras, stacked as channels → a grid × grid map of D-wide tokens.

    An 8×8 patch embedding does most of the work: its backward pass costs a fraction of that of
    stacked small convolutions on full-resolution images.

    Args:
        cameras: number of cameras.
        image_size: (height, width), multiples of 16 * grid.
        grid: tokens along each axis: 4, 2 or 1 at 64×64.
        token_dim: D.
        width: channels inside.
    """

    def __init__(
        self, *, cameras: int, image_size: tuple[int, int], grid: int, token_dim: int, width: int
    ) -> None:
        super().__init__()
        rows, columns = image_size[0] // PATCH, image_size[1] // PATCH
        self.patch = nn.Conv2d(PLANES * cameras, width, PATCH, PATCH)
        self.position = nn.Parameter(0.02 * torch.randn(1, width, rows, columns))
        self.norm = nn.GroupNorm(1, width)
        self.mix = nn.Conv2d(width, width, 3, padding=1)
        self.pool = nn.Conv2d(width, width, 3, stride=2, padding=1)
        merged = (rows // 2 // grid, columns // 2 // grid)
        self.head = nn.Conv2d(width, token_dim, merged, merged)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Latents (N, P * D), token after token, of images (N, 3 * cameras, height, width) uint8."""
        x = nn.functional.gelu(self.norm(self.patch(encoder_planes(images)) + self.position))
        x = x + nn.functional.gelu(self.mix(x))
        x = nn.functional.gelu(self.pool(x))
        return self.head(x).flatten(2).transpose(1, 2).flatten(1)
