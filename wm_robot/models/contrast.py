"""Telling the future of one window from the futures of others."""

import torch
from torch import nn
from torch.nn import functional as F

TEMPERATURE = 0.1
WIDTH = 64


class TimeContrast(nn.Module):
    """InfoNCE between a frame and a later frame of the same episode, within a batch of windows.

    Whatever stays or changes slowly tells episodes apart best: it is where the object lies. This
    makes small objects enter the latent several times sooner than prediction alone.

    Source: van den Oord et al. 2018, CPC; differs: one linear projection for both sides.
    """

    def __init__(self, n_visual: int) -> None:
        super().__init__()
        self.project = nn.Linear(n_visual, WIDTH)

    def forward(self, now: torch.Tensor, later: torch.Tensor) -> torch.Tensor:
        """Mean cross entropy of matching now (B, P * D) with later (B, P * D), both ways."""
        similarity = F.normalize(self.project(now), dim=-1) @ F.normalize(self.project(later), dim=-1).T
        match = torch.arange(len(now), device=now.device)
        logits = similarity / TEMPERATURE
        return 0.5 * (F.cross_entropy(logits, match) + F.cross_entropy(logits.T, match))
