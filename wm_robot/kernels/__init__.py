"""Batched latent rollouts and their costs: one definition, three backends.

`reference` (float64 numpy) defines the arithmetic; `cpu` (C++) is what planners use by default; `torch` is
the same on torch's own kernels, for comparison and where nothing was built.
"""
