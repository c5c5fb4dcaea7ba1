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
        phase, weight = self.config.latent_phase, self.config.objective.imagined_weight
        context, length = self.model.history, self.model.history + phase.rollout
        further = BOOTSTRAP_STEPS if weight else 0
        index, start, end = self.latents.frames.windows(phase.batch, length + further, generator)
        index = index[:, :length]
        with torch.autocast(self.config.device, torch.bfloat16):
            imagined = self.imagine(index, generator)
            target = self.latents.full(index[:, context:]).to(self.config.device)
            prediction = latent_error(imagined, target, self.model.config.model.n_visual)
            time = self.distance_loss(generator)
            loss, terms = prediction + time, {"prediction": prediction, "distance": time}
            if weight:
                terms["imagined"] = self.imagined_distance_loss(
                    imagined, index[:, context:], start, end, generator
                )
                loss = loss + weight * terms["imagined"]
        return loss, {name: float(value.detach()) for name, value in terms.items()}

    def imagine(self, index: np.ndarray, generator: np.random.Generator) -> torch.Tensor:
        """Latents (B, R, L) that the predictor sees after the first frames of windows (B, T + R)."""
        history = self.model.history
        painted = generator.random((len(index), 1)) < self.config.augmented
        z = self.latents.full(index[:, :history], painted & np.ones(history, bool)).to(self.config.device)
        actions = self.latents.frames.actions[index[:, :-1]].to(self.config.device)
        return self.model.predictor.rollout(z, actions).float()

    def distance_loss(self, generator: np.random.Generator) -> torch.Tensor:
        """Expectile regression on time to later frames, bootstrapped through the frame k steps later.

        y(s_t, g) = min(steps from s_t to g if g comes later in the episode, k + d̄(s_{t+k}, g))

        The bootstrap stitches episodes: a goal of another episode, or of an earlier moment of the same one,
        has no other target. A goal that comes within those k steps needs none.
        """
        size = PAIRS_PER_WINDOW * self.config.latent_phase.batch
        index, start, end = self.latents.frames.windows(size, BOOTSTRAP_STEPS + 1, generator)
        now = index[:, 0]
        goal, elsewhere = self._goals(now, start, end, generator)
        painted = generator.random((size, 3)) < 0.5 * self.config.augmented
        z = self.latents.full(index[:, [0, -1]], painted[:, :2]).to(self.config.device)
        g = self._goal_latents(goal, painted[:, 2])
        return self._regression(z[:, 0], g, self._target(now, goal, elsewhere, z[:, 1], g))

    def imagined_distance_loss(
        self,
        imagined: torch.Tensor,
        index: np.ndarray,
        start: np.ndarray,
        end: np.ndarray,
        generator: np.random.Generator,
    ) -> torch.Tensor:
        """The same regression where latents (B, R, L) are imagined and the frames (B, R) tell the time.

        Planning asks for the distance of imagined latents alone, and chooses those that look nearest: errors
        that only an imagined latent has would be chosen first.
        """
        now, steps = index.ravel(), index.shape[1]
        goal, elsewhere = self._goals(now, start.repeat(steps), end.repeat(steps), generator)
        g = self._goal_latents(goal)
        ahead = self.latents.full(now + BOOTSTRAP_STEPS).to(self.config.device)
        return self._regression(imagined.flatten(0, 1), g, self._target(now, goal, elsewhere, ahead, g))

    def _goals(
        self, now: np.ndarray, start: np.ndarray, end: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """A goal for each frame `now` of the episode start … end − 1, and whether it is not a later one."""
        goals: ObjectiveConfig = self.config.objective
        goal = generator.integers(now, np.minimum(end - 1, now + goals.max_distance) + 1)
        elsewhere = generator.random(len(now)) < goals.bootstrap
        goal[elsewhere] = generator.choice(self.frames, size=int(elsewhere.sum()))
        if goals.bootstrap_in_episode:  # no draw otherwise: a recipe without it keeps its random numbers
            same_scene = elsewhere & (generator.random(len(now)) < goals.bootstrap_in_episode)
            goal[same_scene] = generator.integers(start, end)[same_scene]
        return goal, elsewhere

    def _goal_latents(self, goal: np.ndarray, painted: np.ndarray | None = None) -> torch.Tensor:
        visual = self.latents.full(goal, painted)[:, : self.model.config.model.n_visual]
        return visual.to(self.config.device)

    @torch.no_grad()
    def _target(
        self, now: np.ndarray, goal: np.ndarray, elsewhere: np.ndarray, ahead: torch.Tensor, g: torch.Tensor
    ) -> torch.Tensor:
        """y (n,) from frames `now` whose latents k steps later are `ahead` (n, L) to goals g (n, P * D)."""
        goals, device = self.config.objective, self.config.device
        through = self.slow_distance(ahead, g).float().mean(dim=-1) + BOOTSTRAP_STEPS / goals.distance_unit
        through = through.clamp(max=goals.max_distance / goals.distance_unit)
        steps = torch.from_numpy((goal - now).astype(np.float32)).to(device) / goals.distance_unit
        known = torch.from_numpy(~elsewhere).to(device)
        within = torch.from_numpy((goal >= now) & (goal <= now + BOOTSTRAP_STEPS)).to(device)
        return torch.where(within, steps, torch.where(known, torch.minimum(steps, through), through))

    def _regression(self, z: torch.Tensor, g: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        error = target[:, None] - self.model.distance(z, g).float()
        return expectile_loss(error, self.config.objective.expectile)

    @torch.no_grad()
    def after_step(self) -> None:
        """Let the slow copy, which gives the bootstrap targets, follow."""
        follow(self.slow_distance, self.model.distance, TARGET_DECAY)


def follow(slow: torch.nn.Module, fast: torch.nn.Module, decay: float) -> None:
    """slow ← decay · slow + (1 − decay) · fast, parameter by parameter."""
    for s, f in zip(slow.parameters(), fast.parameters(), strict=True):
        s.data.lerp_(f.data, 1 - decay)
