"""Weights as a checkpoint stores them: in float16, those of the image decoder in 8 bits.

Plans do not depend on the decoder: it only draws for people what the model imagines. Its matrices are a
quarter of a checkpoint in float16; in whole numbers, with one scale a row, 99 of 100 bytes of their pictures
are the same to within one grey level of 255 (160 pictures of each shipped checkpoint; 3 at most).
"""

from collections.abc import Mapping

import torch
from torch import Tensor

DRAWS_ONLY = "decoder."
SCALE = ".row_scale"


def stored(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors to store for the weights `state`, by name."""
    tensors: dict[str, Tensor] = {}
    for name, value in state.items():
        weights = value.detach().cpu()
        if name.startswith(DRAWS_ONLY) and weights.ndim > 1:
            scale = weights.flatten(1).abs().amax(1).clamp(min=1e-12) / 127
            tensors[name] = (weights / _by_row(scale, weights)).round().to(torch.int8).contiguous()
            tensors[name + SCALE] = scale
        else:
            tensors[name] = weights.to(torch.float16).contiguous()
    return tensors


def restored(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights, float32 by name, of what `stored` gave; all in float16 will do as well."""
    state = {name: value.float() for name, value in tensors.items() if not name.endswith(SCALE)}
    for name, scale in tensors.items():
        if name.endswith(SCALE):
            weights = name.removesuffix(SCALE)
            state[weights] = state[weights] * _by_row(scale, state[weights])
    return state


def _by_row(scale: Tensor, weights: Tensor) -> Tensor:
    return scale.reshape(-1, *[1] * (weights.ndim - 1))
