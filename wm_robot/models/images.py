"""Images as tensors: uint8 with the cameras stacked as channels, until the encoder reads them."""

import numpy as np
import torch
from torch.nn import functional as F

RGB = 3
PLANES = RGB + 2
"""Planes of one camera that an encoder reads: colour, horizontal and vertical edges."""
EDGE_FLOOR = 0.02
"""Mean edge below which an image counts as empty: its noise is not blown up to outlines."""


def stack_cameras(images: np.ndarray) -> torch.Tensor:
    """Images (N, cameras, height, width, 3) uint8 as (N, 3 * cameras, height, width) uint8."""
    n, cameras, height, width, channels = images.shape
    planes = images.transpose(0, 1, 4, 2, 3).reshape(n, cameras * channels, height, width)
    return torch.from_numpy(np.ascontiguousarray(planes))


def to_unit_range(images: torch.Tensor) -> torch.Tensor:
    """uint8 images as floating point in [-1, 1]; bfloat16 where autocast asks for it.

    Every uint8 value is exact in bfloat16, and casting once to it is half the memory traffic.
    """
    half = torch.is_autocast_enabled(images.device.type)
    return images.to(torch.bfloat16 if half else torch.float32).mul_(1 / 127.5).sub_(1)


def encoder_planes(images: torch.Tensor) -> torch.Tensor:
    """What an encoder reads of images (N, 3 * cameras, height, width) uint8: (N, 5 * cameras, height, width).

    The colour planes of all cameras in [-1, 1], then their edges: where neighbouring pixels differ in
    any colour, relative to how much they differ on average in that image. Outlines stay where they are
    when paint, light and exposure change; colours do not.
    """
    colour = to_unit_range(images)
    cameras = colour.unflatten(1, (-1, RGB))  # (N, cameras, 3, height, width)
    across = F.pad(cameras.diff(dim=-1).abs().amax(dim=2), (0, 1))
    down = F.pad(cameras.diff(dim=-2).abs().amax(dim=2), (0, 0, 0, 1))
    edges = torch.stack([across, down], dim=2)  # (N, cameras, 2, height, width)
    edges = edges / (edges.mean(dim=(-2, -1), keepdim=True) + EDGE_FLOOR)
    return torch.cat([colour, edges.log1p().flatten(1, 2)], dim=1)
