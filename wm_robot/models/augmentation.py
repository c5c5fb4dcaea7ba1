"""Photometric augmentation: the same scene under other paint, light and exposure."""

import numpy as np
import torch

BITS = 5
LEVELS = 1 << BITS


class ColorLuts:
    """A bank of random smooth maps from colour to colour, as lookup tables.

    A map is c ↦ clip(gain (c^γ + Σ_k a_k sin(ω_k · c + φ_k)) + bias), so that surfaces of different
    colour are repainted independently of each other, while shapes and positions stay. It needs
    no knowledge of the scene and works on real images alike. Map 0 is the identity.

    Args:
        maps: number of maps in the bank, the identity included.
        strength: 0 leaves exposure jitter alone; 1 repaints strongly.
        generator: source of randomness.
    """

    def __init__(self, *, maps: int, strength: float, generator: np.random.Generator) -> None:
        axis = (np.arange(LEVELS, dtype=np.float32) + 0.5) / LEVELS
        grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
        tables = [grid]
        for _ in range(maps - 1):
            amount = strength * generator.uniform(0.0, 1.0)
            color = grid ** np.exp(generator.normal(0.0, 0.3))
            for _ in range(3):
                frequency = generator.normal(0.0, 4.0, size=(3, 3))
                phase = generator.uniform(0.0, 2 * np.pi, size=3)
                color = color + amount * 0.3 * np.sin(grid @ frequency + phase)
            gain = np.exp(generator.normal(0.0, 0.25) + generator.normal(0.0, 0.1, size=3))
            bias = generator.normal(0.0, 0.08, size=3)
            tables.append(gain * color + bias)
        values = np.stack(tables).reshape(-1, 3)  # (maps * LEVELS³, 3)
        self._planes = np.ascontiguousarray((255 * np.clip(values, 0, 1)).round().astype(np.uint8).T)
        self.maps = maps

    def paint(self, images: torch.Tensor, choice: np.ndarray) -> torch.Tensor:
        """Images (N, 3 * cameras, height, width) uint8, repainted by the maps `choice` (N,).

        All cameras of a row get the same map. Map 0 returns the image bit for bit; the others
        read its highest 5 bits.
        """
        painted = images.clone()
        rows = np.flatnonzero(choice)
        if not len(rows):
            return painted
        n, planes, height, width = images[rows].shape
        rgb = (images[rows].numpy() >> (8 - BITS)).reshape(n, planes // 3, 3, height, width).astype(np.int32)
        index = (rgb[:, :, 0] << (2 * BITS)) | (rgb[:, :, 1] << BITS) | rgb[:, :, 2]
        index += (choice[rows].astype(np.int32) * LEVELS**3).reshape(-1, 1, 1, 1)
        colors = np.stack([plane[index] for plane in self._planes], axis=2)
        painted[rows] = torch.from_numpy(colors.reshape(n, planes, height, width))
        return painted
