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


def circling(episodes: int = 60, length: int = 12) -> Latents:
    """Walks around a circle, a quarter of the latent's entries, at a speed that the action gives."""
    generator = np.random.default_rng(1)
    speed = torch.from_numpy(generator.uniform(-0.5, 0.5, (episodes, length))).float()
    angle = (
        torch.from_numpy(generator.uniform(0, 6.28, (episodes, 1))).float() + speed.cumsum(1) - speed
    ).ravel()
    visual = torch.stack([torch.sin(angle + k) for k in range(16)], dim=1)
    n = len(angle)
    frames = Frames(
        images=torch.zeros(n, 0), proprio=torch.zeros(n, 2), actions=speed.reshape(-1, 1).repeat(1, 2),
        state=torch.zeros(n, 0), start=np.arange(episodes) * length, length=np.full(episodes, length),
    )  # fmt: skip
    return Latents(frames=frames, plain=visual, painted=visual)


def test_the_distance_of_imagined_latents_teaches_distance_and_predictor(train_config, model_config):
    config = dataclasses.replace(
        train_config,
        objective=ObjectiveConfig(imagined_weight=1.0, bootstrap=0.0),
        latent_phase=PhaseConfig(steps=10, batch=16, rollout=3),
    )
    model = WorldModel(model_config)
    phase = LatentPhase(model, circling(), config)
    index, start, end = phase.latents.frames.windows(16, model.history + 3, np.random.default_rng(0))
    imagined = phase.imagine(index, np.random.default_rng(0))
    loss = phase.imagined_distance_loss(
        imagined, index[:, model.history :], start, end, np.random.default_rng(0)
    )
    loss.backward()
    for module in (model.distance, model.predictor):
        assert max(float(p.grad.abs().max()) for p in module.parameters() if p.grad is not None) > 0
    assert all(p.grad is None for p in phase.slow_distance.parameters())


def test_without_a_weight_nothing_is_imagined_for_the_distance(train_config, model_config):
    config = dataclasses.replace(train_config, latent_phase=PhaseConfig(steps=10, batch=16, rollout=3))
    with_weight = dataclasses.replace(config, objective=ObjectiveConfig(imagined_weight=0.5))
    model, latents = WorldModel(model_config), circling()
    _, plain = LatentPhase(model, latents, config).loss(4)
    loss, terms = LatentPhase(model, latents, with_weight).loss(4)
    assert set(plain) == {"prediction", "distance"}
    assert set(terms) == {"prediction", "distance", "imagined"}
    total = terms["prediction"] + terms["distance"] + 0.5 * terms["imagined"]
    assert float(loss.detach()) == pytest.approx(total, rel=1e-5)


def test_imagined_latents_are_told_the_time_of_the_frames_that_they_stand_for(train_config, model_config):
    """A latent that names its frame: each imagined one must meet the time from that very frame."""
    frames = circling().frames
    number = torch.arange(len(frames.proprio)).float()[:, None].repeat(1, 16)
    config = dataclasses.replace(
        train_config,
        objective=ObjectiveConfig(imagined_weight=1.0, bootstrap=0.0),
        latent_phase=PhaseConfig(steps=10, batch=64, rollout=3),
    )
    latents = Latents(frames=frames, plain=number, painted=number)
    phase = LatentPhase(WorldModel(model_config), latents, config)
    history, seen = phase.model.history, []
    phase.imagine = lambda index, generator: latents.full(index[:, history:])
    phase._regression = lambda z, g, target: seen.append((z, g, target)) or target.sum()
    phase.loss(0)
    z, g, target = seen[-1]
    ahead = g[:, 0] - z[:, 0]
    assert len(z) == 64 * 3
    assert (ahead >= 0).all()
    near = ahead <= 3
    torch.testing.assert_close(target[near], ahead[near] / config.objective.distance_unit)
    assert 0 < near.sum() < len(z)
