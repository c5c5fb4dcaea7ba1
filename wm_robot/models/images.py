"""Images as tensors: uint8 with the cameras stacked as channels, until the encoder reads them."""

import numpy as np
import torch


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
