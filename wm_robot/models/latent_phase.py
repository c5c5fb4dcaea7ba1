"""Second phase: predictor and temporal distance on the latents of the frozen encoder.

Without images a step is cheap, so rollouts are longer, batches larger and goals more varied.
"""

import copy

import numpy as np
import torch

from wm_robot.core.seeding import rng
from wm_robot.models.latents import Latents
from wm_robot.models.objective import prediction_loss as latent_error
from wm_robot.models.temporal_distance import expectile_loss
from wm_robot.models.train_config import ObjectiveConfig, TrainConfig
from wm_robot.models.world_model import WorldModel

TARGET_DECAY = 0.99
PAIRS_PER_WINDOW = 4
"""A pair of latent and goal costs far less than a window's rollout."""
BOOTSTRAP_STEPS = 3
"""Steps to the frame whose distance stands in for the rest of the way: every bootstrap adds optimism."""


class LatentPhase:
    """The loss of every step, a function of seed, stream (the process) and step alone."""

    def __init__(self, model: WorldModel, latents: Latents, config: TrainConfig, *, stream: int = 0) -> None:
        self.model, self.latents, self.config, self.stream = model, latents, config, stream
        self.slow_distance = copy.deepcopy(model.distance).requires_grad_(False)
        self.frames = latents.frames.indices()

    def loss(self, step: int) -> tuple[torch.Tensor, dict[str, float]]:
        generator = rng(self.config.seed, "latent batch", self.stream, step)
        with torch.autocast(self.config.device, torch.bfloat16):
            prediction = self.prediction_loss(generator)
            time = self.distance_loss(generator)
        return prediction + time, {"prediction": float(prediction.detach()), "distance": float(time.detach())}

    def prediction_loss(self, generator: np.random.Generator) -> torch.Tensor:
        phase, history = self.config.latent_phase, self.model.history
        index, _, _ = self.latents.frames.windows(phase.batch, history + phase.rollout, generator)
        painted = (generator.random((phase.batch, 1)) < self.config.augmented) & np.ones(history, bool)
        z = self.latents.full(index[:, :history], painted).to(self.config.device)
        actions = self.latents.frames.actions[index[:, :-1]].to(self.config.device)
        predicted = self.model.predictor.rollout(z, actions).float()
        target = self.latents.full(index[:, history:]).to(self.config.device)
        return latent_error(predicted, target, self.model.config.model.n_visual)

    def distance_loss(self, generator: np.random.Generator) -> torch.Tensor:
        """Expectile regression on time to later frames, bootstrapped through the frame k steps later.

        y(s_t, g) = min(steps from s_t to g if g comes later in the episode, k + d̄(s_{t+k}, g))

        The bootstrap stitches episodes: a goal of another episode, or of an earlier moment of the same one,
        has no other target. A goal that comes within those k steps needs none.
        """
        goals: ObjectiveConfig = self.config.objective
        size = PAIRS_PER_WINDOW * self.config.latent_phase.batch
        index, start, end = self.latents.frames.windows(size, BOOTSTRAP_STEPS + 1, generator)
        index = index[:, [0, -1]]
        latest = np.minimum(end - 1, index[:, 0] + goals.max_distance)
        goal = generator.integers(index[:, 0], latest + 1)
        elsewhere = generator.random(size) < goals.bootstrap
        goal[elsewhere] = generator.choice(self.frames, size=int(elsewhere.sum()))
        if goals.bootstrap_in_episode:  # no draw otherwise: a recipe without it keeps its random numbers
            same_scene = elsewhere & (generator.random(size) < goals.bootstrap_in_episode)
            goal[same_scene] = generator.integers(start, end)[same_scene]

        painted = generator.random((size, 3)) < 0.5 * self.config.augmented
        device = self.config.device
        z = self.latents.full(index, painted[:, :2]).to(device)
        g = self.latents.full(goal, painted[:, 2])[:, : self.model.config.model.n_visual].to(device)
        with torch.no_grad():
            ahead = self.slow_distance(z[:, 1], g).float().mean(dim=-1)
            ahead = ahead + BOOTSTRAP_STEPS / goals.distance_unit
            ahead = ahead.clamp(max=goals.max_distance / goals.distance_unit)
            steps = torch.from_numpy((goal - index[:, 0]).astype(np.float32)).to(device) / goals.distance_unit
            known = torch.from_numpy(~elsewhere).to(device)
            within = torch.from_numpy((goal >= index[:, 0]) & (goal <= index[:, 1])).to(device)
            target = torch.where(known, torch.minimum(steps, ahead), ahead)
            target = torch.where(within, steps, target)
        return expectile_loss(target[:, None] - self.model.distance(z[:, 0], g).float(), goals.expectile)

    @torch.no_grad()
    def after_step(self) -> None:
        """Let the slow copy, which gives the bootstrap targets, follow."""
        follow(self.slow_distance, self.model.distance, TARGET_DECAY)


def follow(slow: torch.nn.Module, fast: torch.nn.Module, decay: float) -> None:
    """slow ← decay · slow + (1 − decay) · fast, parameter by parameter."""
    for s, f in zip(slow.parameters(), fast.parameters(), strict=True):
        s.data.lerp_(f.data, 1 - decay)
