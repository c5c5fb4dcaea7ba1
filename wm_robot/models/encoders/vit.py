"""A small vision transformer over the same patches."""

import torch
from torch import nn

from wm_robot.models.images import PLANES, encoder_planes

PATCH = 8


class VitEncoder(nn.Module):
    """Patch tokens → pre-norm transformer → grid × grid tokens by average pooling.

    Args: as PatchGridEncoder. Slower to train on a CPU, with a global receptive field.
    """

    LAYERS = 3
    HEADS = 4

    def __init__(
        self, *, cameras: int, image_size: tuple[int, int], grid: int, token_dim: int, width: int
    ) -> None:
        super().__init__()
        rows, columns = image_size[0] // PATCH, image_size[1] // PATCH
        self.shape = (rows, columns)
        self.patch = nn.Conv2d(PLANES * cameras, width, PATCH, PATCH)
        self.position = nn.Parameter(0.02 * torch.randn(1, rows * columns, width))
        layer = nn.TransformerEncoderLayer(
            width, self.HEADS, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, self.LAYERS, enable_nested_tensor=False)
        self.pool = nn.AdaptiveAvgPool2d(grid)
        self.head = nn.Linear(width, token_dim)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Latents (N, P * D), token after token, of images (N, 3 * cameras, height, width) uint8."""
        x = self.patch(encoder_planes(images)).flatten(2).transpose(1, 2)  # (N, patches, width)
        x = self.layers(x + self.position).transpose(1, 2).unflatten(2, self.shape)
        x = self.pool(x).flatten(2).transpose(1, 2)  # (N, P, width)
        return self.head(x).flatten(1)
