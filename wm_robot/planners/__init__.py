"""Sampling planners over latent rollouts."""
