"""Closed-form readouts of latents: ridge regression and slow features."""

import numpy as np
import torch
from scipy.linalg import eigh

from wm_robot.core.arrays import FloatArray

RIDGE = 1e-3


def ridge(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (n, m) and bias (n,) of the linear map x (N, m) → y (N, n), lightly regularised."""
    mean_x, mean_y = x.mean(dim=0), y.mean(dim=0)
    a = (x - mean_x).double()
    gram = a.T @ a + RIDGE * len(x) * torch.eye(x.shape[1], dtype=torch.float64)
    weight = torch.linalg.solve(gram, a.T @ (y - mean_y).double()).T.float()
    return weight, mean_y - weight @ mean_x


def r_squared(predicted: torch.Tensor, y: torch.Tensor) -> FloatArray:
    """Explained variance of each column (n,)."""
    residual = ((predicted - y) ** 2).mean(dim=0)
    return (1 - residual / y.var(dim=0, unbiased=False).clamp_min(1e-12)).numpy()


def slow_feature_map(z: torch.Tensor, following: torch.Tensor, power: float) -> FloatArray:
    """A (D, D) with |A (z − g)|² = Σ_i l_i^−power (v_i · (z − g))².

    The slow features v solve Cov(z_{t+1} − z_t) v = l Cov(z) v; small l means slow. Distances
    along slow directions take long to travel, so they weigh more. Scaled to mean weight 1.

    Args:
        z: visual latents (N, D).
        following: those one step later (N, D).
        power: how strongly slowness counts.
    """
    covariance = np.cov(z.numpy().T.astype(np.float64))
    change = np.cov((following - z).numpy().T.astype(np.float64))
    jitter = 1e-4 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    slowness, directions = eigh(change + 1e-2 * jitter, covariance + jitter)
    weight = np.maximum(slowness, 1e-4) ** (-power)
    a = np.sqrt(weight / weight.mean())[:, None] * directions.T
    return a.astype(np.float32)


def effective_rank(z: torch.Tensor) -> float:
    """exp of the entropy of the covariance's normalised spectrum: D if isotropic, 1 if collapsed.

    Source: Roy and Vetterli 2007.
    """
    spectrum = torch.linalg.eigvalsh(torch.cov(z.T.double())).clamp_min(0)
    p = spectrum / spectrum.sum()
    return float(torch.exp(-(p * torch.log(p.clamp_min(1e-12))).sum()))
