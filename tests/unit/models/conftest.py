"""A world model small enough to train in a second, and frames for it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.models.config import ModelConfig, Normalization, WorldModelConfig
from wm_robot.models.frames import Frames
from wm_robot.models.latents import Latents
from wm_robot.models.train_config import PhaseConfig, TrainConfig


@pytest.fixture
def model_config() -> WorldModelConfig:
    return WorldModelConfig(
        model=ModelConfig(grid=2, token_dim=4, encoder_width=8, width=16, blocks=1, action_embed=8,
                          distance_width=16, distance_layers=1, distance_heads=2),
        environment="push",
        robot="panda",
        action_space=ActionSpace(kind="end_effector_delta", names=("dx", "dy"), units=("m", "m"),
                                 low=(-0.05, -0.05), high=(0.05, 0.05), rate_hz=5.0),
        observation_space=ObservationSpace(cameras=("front", "top"), image_size=(64, 64),
                                           proprio_names=("ee_x", "ee_y")),
        proprio=Normalization(names=("ee_x", "ee_y"), mean=(0.5, 0.0), std=(0.1, 0.2)),
        probe=Normalization(names=("puck_x",), mean=(0.5,), std=(0.1,)),
    )  # fmt: skip


@pytest.fixture
def frames() -> Frames:
    """Six episodes of twelve frames."""
    generator = np.random.default_rng(0)
    n = 6 * 12
    return Frames(
        images=torch.from_numpy(generator.integers(0, 256, (n, 6, 64, 64), dtype=np.uint8)),
        proprio=torch.from_numpy(generator.normal(size=(n, 2)).astype(np.float32)),
        actions=torch.from_numpy(generator.uniform(-1, 1, (n, 2)).astype(np.float32)),
        state=torch.from_numpy(generator.normal(size=(n, 1)).astype(np.float32)),
        start=np.arange(6) * 12,
        length=np.full(6, 12),
    )


@pytest.fixture
def train_config(tmp_path: Path) -> TrainConfig:
    return TrainConfig(
        data=tmp_path / "data",
        output=tmp_path / "checkpoint",
        encoder_phase=PhaseConfig(steps=4, batch=4, rollout=2, lr=1e-3),
        latent_phase=PhaseConfig(steps=4, batch=8, rollout=2, lr=1e-3),
        decoder_steps=2,
        held_out=0.34,
        threads=1,
    )


@pytest.fixture
def latents(frames: Frames) -> Latents:
    """Visual latents (72, 16) of the frames, which change by a constant 0.5 from each frame to the next."""
    plain = 0.5 * torch.arange(len(frames.images), dtype=torch.float32)[:, None].repeat(1, 16)
    return Latents(frames=frames, plain=plain, painted=plain)
