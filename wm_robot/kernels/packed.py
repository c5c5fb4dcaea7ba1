"""Several float32 arrays as one, so that one copy moves them all."""

from collections.abc import Mapping
from math import prod

import torch
from torch import Tensor

Shape = tuple[int, ...]


class Packed:
    """Where each of some named arrays lies in a flat one.

    Args:
        shapes: of each array by name.
    """

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self._shapes = dict(shapes)
        self._sizes = [prod(shape) for shape in shapes.values()]
        self.size = sum(self._sizes)

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """The arrays by name, in the memory of `flat` (size,)."""
        parts = flat.split(self._sizes)
        return {
            name: part.view(shape) for part, (name, shape) in zip(parts, self._shapes.items(), strict=True)
        }

    def joined(self, arrays: Mapping[str, Tensor]) -> Tensor:
        """A flat copy (size,) of the arrays."""
        return torch.cat([arrays[name].float().reshape(-1) for name in self._shapes])
