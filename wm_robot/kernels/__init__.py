"""Latent rollouts and their costs: the native kernel and its reference."""
