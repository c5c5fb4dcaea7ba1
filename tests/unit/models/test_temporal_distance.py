"""Time to a goal is learned across episodes, on a line whose distances are known."""

import dataclasses

import numpy as np
import pytest
import torch

from wm_robot.models.frames import Frames
from wm_robot.models.latent_phase import LatentPhase
from wm_robot.models.latents import Latents
from wm_robot.models.optimization import Optimization
from wm_robot.models.train_config import ObjectiveConfig, PhaseConfig
from wm_robot.models.world_model import WorldModel


def test_distances_grow_with_the_steps_between_places_that_no_episode_joins(train_config, model_config):
    """Each episode walks 6 of 24 places, always forward; only stitching tells the time over more than 6."""
    generator = np.random.default_rng(0)
    walks = []
    for _ in range(300):
        walks.append(generator.integers(0, 18) + np.arange(7))
    place = torch.from_numpy(np.concatenate(walks) / 4.0 - 3.0).float()
    n = len(place)
    visual = torch.stack([torch.sin(place * (1 + k) / 4 + k) for k in range(16)], dim=1)
    frames = Frames(
        images=torch.zeros(n, 0), proprio=torch.zeros(n, 2), actions=torch.zeros(n, 2),
        state=torch.zeros(n, 0), start=np.arange(300) * 7, length=np.full(300, 7),
    )  # fmt: skip
    config = dataclasses.replace(
        train_config,
        objective=ObjectiveConfig(bootstrap=0.5, max_distance=30),
        latent_phase=PhaseConfig(steps=2500, batch=24, rollout=1, lr=3e-3),
    )
    torch.manual_seed(0)
    wide = dataclasses.replace(model_config.model, distance_width=64, distance_layers=2)
    model = WorldModel(dataclasses.replace(model_config, model=wide))
    phase = LatentPhase(model, Latents(frames=frames, plain=visual, painted=visual), config)
    optimization = Optimization({"distance": model.distance}, lr=3e-3, steps=2500)
    for step in range(2500):
        optimization.step(phase.distance_loss(np.random.default_rng(step)), step)
        phase.after_step()

    def steps(start, goal):
        row = {p: i for i, p in enumerate(np.round((place.numpy() + 3) * 4).astype(int))}
        z = torch.cat([visual[row[start]], torch.zeros(2)])
        return float(model.distance(z, visual[row[goal]]).mean().detach()) * config.objective.distance_unit

    near, middle, far = steps(4, 7), steps(4, 12), steps(4, 20)
    assert 1.0 < near < 5.0  # 3 steps
    assert near + 2.0 < middle < 12.0  # 8 steps, more than an episode holds
    assert middle + 2.0 < far < 22.0  # 16 steps


@pytest.mark.parametrize(("in_episode", "least", "most"), [(0.0, 0.0, 0.1), (0.5, 0.4, 0.6), (1.0, 1.0, 1.0)])
def test_goals_come_from_the_same_scene_as_often_as_asked(
    train_config, model_config, in_episode, least, most
):
    scene = torch.arange(100).repeat_interleave(8).float()
    frames = Frames(
        images=torch.zeros(800, 0), proprio=torch.zeros(800, 2), actions=torch.zeros(800, 2),
        state=torch.zeros(800, 0), start=np.arange(100) * 8, length=np.full(100, 8),
    )  # fmt: skip
    config = dataclasses.replace(
        train_config, objective=ObjectiveConfig(bootstrap=1.0, bootstrap_in_episode=in_episode)
    )
    latents = Latents(frames=frames, plain=scene[:, None].repeat(1, 16), painted=scene[:, None].repeat(1, 16))
    phase = LatentPhase(WorldModel(model_config), latents, config)
    same = []
    phase.model.distance.register_forward_pre_hook(
        lambda _, args: same.append(args[0][:, 0] == args[1][:, 0])
    )
    for step in range(20):
        phase.distance_loss(np.random.default_rng(step))
    # 20 batches of 8 windows and four pairs each: 640 draws, a standard error of 0.02 at a half.
    assert least <= torch.cat(same).float().mean() <= most
