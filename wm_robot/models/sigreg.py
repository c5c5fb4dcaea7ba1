"""SIGReg: keep latents an isotropic Gaussian, so that they cannot collapse."""

import torch


def sigreg(z: torch.Tensor, projections: int, generator: torch.Generator) -> torch.Tensor:
    """Mean Epps-Pulley statistic of random one-dimensional projections of `z`.

    EP(x) = N ∫ |φ_x(t) − exp(−t²/2)|² exp(−t²/2) dt,   φ_x(t) = mean_n exp(i t x_n)

    It is of order 1 for samples of a standard normal and grows with N otherwise.

    Args:
        z: latents (N, D).
        projections: number of random directions.
        generator: source of the directions, on the CPU.

    Source: Balestriero and LeCun 2025, LeJEPA.
    """
    directions = torch.randn(z.shape[1], projections, generator=generator).to(z.device)
    directions = directions / directions.norm(dim=0, keepdim=True)
    x = z.float() @ directions  # (N, M)
    t = torch.linspace(0.0, 3.0, 17, device=z.device)[1:]  # the integrand is even and 0 at t = 0
    angles = x[:, :, None] * t  # (N, M, 16)
    gauss = torch.exp(-0.5 * t**2)
    gap = (angles.cos().mean(dim=0) - gauss) ** 2 + angles.sin().mean(dim=0) ** 2  # (M, 16)
    return z.shape[0] * 2 * (gap * gauss).sum(dim=1).mean() * (t[1] - t[0])
