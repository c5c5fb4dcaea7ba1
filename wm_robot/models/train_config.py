"""Settings of one training run."""

from dataclasses import dataclass, field
from pathlib import Path

from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.models.config import ModelConfig


@dataclass(frozen=True, kw_only=True)
class ObjectiveConfig:
    """Weights of the training objective.

    Args:
        anti_collapse: "sigreg" (gradients through the targets, latents kept Gaussian) or "ema"
            (targets from a slow copy of the encoder, without gradients).
        sigreg_weight: weight of SIGReg against the prediction error.
        projections: random directions of SIGReg a step.
        ema_decay: decay of the slow copy, with "ema".
        distance_weight: weight of the temporal distance in the encoder's objective.
        contrast_weight: weight of telling a window's future from that of other windows.
        proprio_weight: weight of reading the proprioception off the picture, linearly.
        expectile: 0 to 0.5; below 0.5 the temporal distance leans towards the faster behaviour.
        distance_unit: control steps that make a distance of 1.
        max_distance: largest number of control steps that the distance learns to tell apart.
        bootstrap: fraction of goals taken from anywhere in the data, learned by bootstrapping alone.
        bootstrap_in_episode: fraction of those that come from the same episode all the same, for data in
            which no two episodes show the same scene.
        imagined_weight: weight of the temporal distance on imagined latents, in the second phase. Its
            gradient reaches the predictor, which learns to be right where the distance looks.
    """

    anti_collapse: str = "sigreg"
    sigreg_weight: float = 0.05
    projections: int = 128
    ema_decay: float = 0.996
    distance_weight: float = 0.1
    contrast_weight: float = 0.3
    proprio_weight: float = 1.0
    expectile: float = 0.3
    distance_unit: float = 10.0
    max_distance: int = 40
    bootstrap: float = 0.25
    bootstrap_in_episode: float = 0.0
    imagined_weight: float = 0.0

    def __post_init__(self) -> None:
        if self.anti_collapse not in ("sigreg", "ema"):
            raise UnknownNameError("anti_collapse", self.anti_collapse, ("sigreg", "ema"))
        if not 0 < self.expectile <= 0.5:
            raise WmrError(f"expectile is {self.expectile}; valid: above 0, at most 0.5")


@dataclass(frozen=True, kw_only=True)
class PhaseConfig:
    """One of the two training phases.

    Args:
        steps: optimiser steps; fewer where they would pass over the data more than `epochs` times.
        epochs: largest number of passes over all windows, so that small datasets are not learned by heart.
        batch: windows a step.
        rollout: predicted frames of a window.
        lr: peak learning rate; it warms up, then falls along a cosine.
    """

    steps: int
    batch: int
    rollout: int
    lr: float = 1e-3
    epochs: int = 100

    def __post_init__(self) -> None:
        if min(self.steps, self.batch, self.rollout, self.epochs) < 1:
            raise WmrError(f"{self}: steps, batch, rollout and epochs must be at least 1")

    def steps_for(self, windows: int) -> int:
        """Optimiser steps on a dataset that has this many windows."""
        return min(self.steps, -(-self.epochs * windows // self.batch))


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Train a world model on a LeRobotDataset v3.

    Args:
        data: dataset folder.
        output: checkpoint folder; a run that was interrupted continues from it.
        seed: every random choice of the run derives from it.
        model: architecture.
        objective: weights of the objective.
        encoder_phase: images → latents, predictor and distance together.
        latent_phase: predictor and distance alone, on the latents of the frozen encoder.
        augmentation: strength of repainting, 0 to 1; 0 keeps exposure jitter alone.
        augmented: fraction of image windows that are repainted.
        held_out: fraction of the episodes kept for the reported figures, but at least 5 of 20.
        fold: which part is kept: 0 the last episodes, 1 those before them, and so on.
        decoder_steps: optimiser steps of the image decoder, at the end.
        device: torch device.
        threads: CPU threads of torch; 0 takes all.
        save_every_s: seconds between resumable saves.
    """

    data: Path
    output: Path
    seed: int = 0
    model: ModelConfig = field(default_factory=ModelConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    encoder_phase: PhaseConfig = field(default_factory=lambda: PhaseConfig(steps=7000, batch=24, rollout=3))
    latent_phase: PhaseConfig = field(default_factory=lambda: PhaseConfig(steps=6000, batch=256, rollout=5))
    augmentation: float = 0.5
    augmented: float = 0.2
    held_out: float = 0.05
    fold: int = 0
    device: str = "cpu"
    threads: int = 0
    decoder_steps: int = 1500
    save_every_s: float = 60.0

    def recipe(self) -> dict:
        """The settings that determine the result: all but folders, device and saving."""
        left_out = ("data", "output", "device", "threads", "save_every_s")
        return {name: value for name, value in vars(self).items() if name not in left_out}

    def held_out_episodes(self, episodes: int) -> range:
        """The episodes, of this many, that never train anything.

        Raises:
            WmrError: `fold` lies before the first episode, or nothing would be left to train on.
        """
        size = max(round(self.held_out * episodes), min(5, episodes // 4), 1)
        last = episodes - self.fold * size
        if self.fold < 0 or last < size or size >= episodes:
            raise WmrError(
                f"fold {self.fold} of {size} held-out episodes does not fit {episodes} episodes; "
                f"valid folds: 0 to {episodes // size - 1}, with at least one episode left to train on"
            )
        return range(last - size, last)
