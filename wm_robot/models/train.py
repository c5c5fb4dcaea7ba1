"""Training: images → latents, then dynamics and time on those latents, then the readouts."""

import copy
import os
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from wm_robot.core.seeding import derive_seed, rng
from wm_robot.core.serialization import to_json
from wm_robot.core.version import commit
from wm_robot.models.checkpoint import save_checkpoint
from wm_robot.models.config import WorldModelConfig
from wm_robot.models.contrast import TimeContrast
from wm_robot.models.decoder_fit import fit_decoder
from wm_robot.models.frames import Frames
from wm_robot.models.heads import LinearReadout
from wm_robot.models.latent_phase import LatentPhase, follow
from wm_robot.models.latents import Latents, encode_frames
from wm_robot.models.monitor import latent_report, prediction_report, warnings
from wm_robot.models.objective import encoder_objective
from wm_robot.models.optimization import Optimization
from wm_robot.models.readouts import ridge, slow_feature_map
from wm_robot.models.sampling import LUT_MAPS, ImageBatches
from wm_robot.models.shrinkage import shrink_predictions
from wm_robot.models.train_config import TrainConfig
from wm_robot.models.training_data import load_training_data
from wm_robot.models.training_state import TrainingState
from wm_robot.models.world_model import WorldModel

Progress = Callable[[str, int, int, dict[str, float]], None]
"""Called with phase, finished steps, total steps and the present loss terms."""

VALIDATION_EPISODES = 20
"""Episodes, a fifth of the training data at most, that decide how much of a prediction to believe."""
REPORTED_STEPS = 8
"""Steps ahead that predictions are judged over, where episodes are long enough."""


def train(config: TrainConfig, progress: Progress, *, planning: dict | None = None) -> dict:
    """Train on `config.data`, write the checkpoint to `config.output`, return the report.

    `planning` are the planner and cost settings that the checkpoint will carry. Under torchrun each
    process draws its own windows and gradients are averaged.

    Raises:
        DatasetError: the dataset is broken, or its episodes are too short.
        MismatchError: `config.output` holds an unfinished run with other settings.
    """
    if "WORLD_SIZE" in os.environ and not dist.is_initialized():
        dist.init_process_group("nccl" if config.device.startswith("cuda") else "gloo")
    rank = dist.get_rank() if dist.is_initialized() else 0
    model_config, frames = load_training_data(config.data, config.model, progress=rank == 0)
    model_config = replace(model_config, planning=planning or {})
    model_config.provenance.update(seed=config.seed, commit=commit(), training=to_json(config.recipe()))
    return Training(config, model_config, frames, progress).run()


class Training:
    """One run: deterministic by seed, resumable at any step, on one or several processes.

    Args:
        config: settings.
        model_config: what the checkpoint will say of itself.
        frames: all episodes; those that the config holds out never train anything.
        progress: told about every step.
    """

    def __init__(
        self, config: TrainConfig, model_config: WorldModelConfig, frames: Frames, progress: Progress
    ) -> None:
        torch.set_num_threads(config.threads or torch.get_num_threads())
        torch.manual_seed(derive_seed(config.seed, "weights"))
        self.config, self.progress = config, progress
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.model = WorldModel(model_config).to(config.device)
        held_out = np.asarray(config.held_out_episodes(len(frames.start)))
        others = np.setdiff1d(np.arange(len(frames.start)), held_out)
        validation = min(VALIDATION_EPISODES, len(others) // 5)
        self.train = frames.episodes(others[: len(others) - validation])
        self.validation = frames.episodes(others[len(others) - validation :])
        self.held_out = frames.episodes(held_out)
        self.state = TrainingState(config)
        self.started = time.monotonic()

    def run(self) -> dict:
        """Train to the end (or from where an earlier run stopped), save, return the report."""
        phase, step = self.state.position()
        if phase == "encoder":
            self._encoder_phase(step)
            step = 0
        else:
            self.state.restore({"model": self.model}, None)
        train = self._encode()
        self._latent_phase(train, step)
        return self._finish(train)

    def _encoder_phase(self, first: int) -> None:
        objective, phase = self.config.objective, self.config.encoder_phase
        target = copy.deepcopy(self.model.encoder) if objective.anti_collapse == "ema" else None
        contrast = TimeContrast(self.model.config.model.n_visual).to(self.config.device)
        modules: dict[str, nn.Module] = {"model": self.model, "contrast": contrast}
        if target is not None:
            modules["target"] = target.requires_grad_(False)
        trained = {"model": self.model, "contrast": contrast}
        steps = phase.steps_for(self.train.window_count(self.model.history + phase.rollout))
        optimization = Optimization(trained, lr=phase.lr, steps=steps)
        self.state.restore(modules, optimization)
        batches = ImageBatches(self.train, self.config, self.model.history, stream=self.rank)

        def loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
            generator = torch.Generator().manual_seed(derive_seed(self.config.seed, "sigreg", step))
            batch = next(stream).to(self.config.device)
            with torch.autocast(self.config.device, torch.bfloat16):
                return encoder_objective(
                    self.model,
                    batch,
                    contrast=contrast,
                    target_encoder=target,
                    config=objective,
                    generator=generator,
                )

        def after_step() -> None:
            if target is not None:
                follow(target, self.model.encoder, objective.ema_decay)

        stream = batches.from_step(first)
        self._descend(
            "encoder",
            first=first,
            steps=steps,
            loss=loss,
            after_step=after_step,
            modules=modules,
            optimization=optimization,
        )

    def _latent_phase(self, latents: Latents, first: int) -> None:
        phase = LatentPhase(self.model, latents, self.config, stream=self.rank)
        trained = nn.ModuleDict({"predictor": self.model.predictor, "distance": self.model.distance})
        modules = {"model": self.model, "slow_distance": phase.slow_distance}
        schedule = self.config.latent_phase
        steps = schedule.steps_for(self.train.window_count(self.model.history + schedule.rollout))
        optimization = Optimization(dict(trained.items()), lr=schedule.lr, steps=steps)
        if first:
            self.state.restore(modules, optimization)
        self._descend(
            "latent",
            first=first,
            steps=steps,
            loss=phase.loss,
            after_step=phase.after_step,
            modules=modules,
            optimization=optimization,
        )

    def _descend(
        self,
        name: str,
        *,
        first: int,
        steps: int,
        loss: Callable[[int], tuple[torch.Tensor, dict[str, float]]],
        after_step: Callable[[], None],
        modules: dict[str, nn.Module],
        optimization: Optimization,
    ) -> None:
        saved = time.monotonic()
        for step in range(first, steps):
            value, terms = loss(step)
            optimization.step(value, step)
            after_step()
            self.progress(name, step + 1, steps, terms)
            done = step + 1 == steps
            if self.rank == 0 and (done or time.monotonic() - saved > self.config.save_every_s):
                following = ("latent", 0) if done and name == "encoder" else (name, step + 1)
                self.state.save(*following, modules, optimization)
                saved = time.monotonic()

    def _encode(self) -> Latents:
        """Latents of all frames, seen as the training part; the encoder is not trained any more."""
        self.model.eval().requires_grad_(False)
        self.model.predictor.requires_grad_(True)
        self.model.distance.requires_grad_(True)
        luts = ImageBatches(self.train, self.config, self.model.history, stream=self.rank).luts
        generator = rng(self.config.seed, "repaint")
        choice = generator.integers(1, LUT_MAPS, size=len(self.train.images))
        return encode_frames(self.model, self.train, luts, choice)

    def _finish(self, train: Latents) -> dict:
        """Fit what is fitted in closed form, measure on the held-out episodes, write the checkpoint."""
        fit_decoder(self.model, train, self.config, self.progress)
        # What follows is fitted and measured on latents that lie in main memory.
        self.model.cpu()
        validation, held_out = replace(train, frames=self.validation), replace(train, frames=self.held_out)
        believed = 1.0
        if (steps := self._steps_ahead(self.validation)) > 0:
            believed = shrink_predictions(self.model, validation, steps, self.config.seed)
        index = self.train.indices()
        following = np.setdiff1d(index, self.train.start + self.train.length - 1)
        slow = slow_feature_map(train.plain[following], train.plain[following + 1], power=1.0)
        self.model.get_buffer("slow_features").copy_(torch.from_numpy(slow))
        seen, posture = torch.cat([train.plain[index], train.painted[index]]), self.train.proprio[index]
        _set_readout(self.model.proprio_readout, ridge(seen, posture.repeat(2, 1)))
        if self.train.state.shape[1]:
            _set_readout(self.model.probe, ridge(train.plain[index], self.train.state[index]))
        report = {
            "latent": latent_report(self.model, held_out),
            "prediction": prediction_report(
                self.model, train, held_out, self._steps_ahead(self.held_out), self.config.seed
            ),
            "believed_change": believed,
            "train_episodes": len(self.train.start),
            "train_frames": len(index),
            "seconds_this_run": round(time.monotonic() - self.started, 1),
        }
        report["warnings"] = warnings(report)
        if self.rank == 0:
            self.model.config.provenance["report"] = report
            save_checkpoint(self.model, self.config.output)
        return report

    def _steps_ahead(self, frames: Frames) -> int:
        """Over how many steps predictions of these episodes can be judged."""
        return min(REPORTED_STEPS, int(frames.length.max(initial=0)) - self.model.history)


def _set_readout(head: LinearReadout, fitted: tuple[torch.Tensor, torch.Tensor]) -> None:
    head.linear.weight.data.copy_(fitted[0])
    head.linear.bias.data.copy_(fitted[1])
