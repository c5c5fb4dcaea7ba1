"""Batches of the encoder phase, drawn one step ahead of the optimiser."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from wm_robot.core.seeding import rng
from wm_robot.models.augmentation import ColorLuts
from wm_robot.models.frames import Frames
from wm_robot.models.objective import ImageBatch
from wm_robot.models.train_config import TrainConfig

LUT_MAPS = 128


class ImageBatches:
    """The batch of every step, a function of seed, stream (the process) and step alone.

    Context, targets and goal of a window are repainted independently, so that the latent has
    to forget paint in order to predict.
    """

    def __init__(self, frames: Frames, config: TrainConfig, history: int, *, stream: int = 0) -> None:
        self.frames, self.config, self.history, self.stream = frames, config, history, stream
        self.luts = ColorLuts(maps=LUT_MAPS, strength=config.augmentation, generator=rng(config.seed, "luts"))

    def from_step(self, step: int) -> Iterator[ImageBatch]:
        """Batches of steps `step`, `step` + 1, …; the next one is made in the background."""
        with ThreadPoolExecutor(1) as pool:
            following = pool.submit(self.batch, step)
            while True:
                step += 1
                present, following = following, pool.submit(self.batch, step)
                yield present.result()

    def batch(self, step: int) -> ImageBatch:
        config, frames = self.config, self.frames
        generator = rng(config.seed, "encoder batch", self.stream, step)
        size, length = config.encoder_phase.batch, self.history + config.encoder_phase.rollout
        index, _, end = frames.windows(size, length, generator)  # (B, F), (B,)
        latest = np.minimum(end - 1, index[:, 0] + config.objective.max_distance)
        goal = generator.integers(index[:, -1], latest + 1)
        images = frames.images[np.concatenate([index, goal[:, None]], axis=1)]
        luts = np.repeat(self._choose(generator, (size, 3)), [self.history, length - self.history, 1], axis=1)
        painted = self.luts.paint(images.flatten(0, 1), luts.reshape(-1))
        return ImageBatch(
            images=painted.unflatten(0, (size, length + 1)),
            proprio=frames.proprio[index],
            actions=frames.actions[index[:, :-1]],
            steps_to_goal=torch.from_numpy((goal[:, None] - index).astype(np.float32)),
        )

    def _choose(self, generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        repainted = generator.random(shape) < self.config.augmented
        return np.where(repainted, generator.integers(1, LUT_MAPS, size=shape), 0)
