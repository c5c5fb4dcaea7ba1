"""Is the model useful? Figures on held-out episodes that a low loss alone would not give."""

import numpy as np
import torch

from wm_robot.core.seeding import rng
from wm_robot.models.latents import Latents
from wm_robot.models.readouts import effective_rank, r_squared, ridge
from wm_robot.models.world_model import WorldModel

WINDOWS = 2000
READABLE_R2 = 0.8
COLLAPSED_RANK = 4.0
ACTION_MATTERS = 1.05


@torch.inference_mode()
def prediction_report(model: WorldModel, train: Latents, held_out: Latents, horizon: int, seed: int) -> dict:
    """Errors of the visual latent by horizon step, beside two baselines that a user should expect.

    copy_last repeats the last seen latent; linear is ridge regression from the history and all
    actions up to that step, fitted on the training episodes.

    Returns:
        Lists over the horizon: "model", "copy_last", "linear" (mean squared error per entry),
        "ratio_interval" (bootstrap 95 % over episodes of model / copy_last at the last step),
        "episode_errors" (summed model and copy_last errors of each episode at the last step),
        and "action_sensitivity" (error with actions of other windows, over the error).
    """
    history, n_visual = model.history, model.config.model.n_visual

    def windows(latents: Latents, name: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, np.ndarray]:
        index, _, end = latents.frames.windows(WINDOWS, history + horizon, rng(seed, "monitor", name))
        actions = latents.frames.actions[index[:, :-1]]
        return latents.full(index[:, :history]), actions, latents.plain[index[:, history:]], end

    z, actions, target, episode = windows(held_out, "held out")
    z_train, actions_train, target_train, _ = windows(train, "train")
    predicted = model.predictor.rollout(z, actions)[..., :n_visual]
    shuffled = model.predictor.rollout(z, actions.roll(1, dims=0))[..., :n_visual]
    last = z[:, -1:, :n_visual]

    def errors(guess: torch.Tensor) -> torch.Tensor:
        return ((guess - target) ** 2).mean(dim=-1)  # (WINDOWS, H)

    linear = []
    for h in range(horizon):
        upto = history + h
        x_train = torch.cat([z_train.flatten(1), actions_train[:, :upto].flatten(1)], dim=1)
        weight, bias = ridge(x_train, target_train[:, h] - z_train[:, -1, :n_visual])
        x = torch.cat([z.flatten(1), actions[:, :upto].flatten(1)], dim=1)
        linear.append(float(((last[:, 0] + x @ weight.T + bias - target[:, h]) ** 2).mean()))
    ours, copy = errors(predicted), errors(last)
    return {
        "model": ours.mean(dim=0).tolist(),
        "copy_last": copy.mean(dim=0).tolist(),
        "linear": linear,
        "ratio_interval": _ratio_interval(ours[:, -1].numpy(), copy[:, -1].numpy(), episode, seed),
        "held_out_episodes": len(held_out.frames.start),
        "episode_errors": _episode_sums(ours[:, -1].numpy(), copy[:, -1].numpy(), episode).tolist(),
        "action_sensitivity": (errors(shuffled).mean(dim=0) / ours.mean(dim=0)).tolist(),
    }


def _ratio_interval(ours: np.ndarray, copy: np.ndarray, episode: np.ndarray, seed: int) -> list[float]:
    """Bootstrap over episodes, the independent unit: windows of one episode are alike."""
    return bootstrap_ratio(_episode_sums(ours, copy, episode), seed)


def _episode_sums(ours: np.ndarray, copy: np.ndarray, episode: np.ndarray) -> np.ndarray:
    return np.array([[ours[episode == i].sum(), copy[episode == i].sum()] for i in np.unique(episode)])


def bootstrap_ratio(sums: np.ndarray, seed: int) -> list[float]:
    """95 % interval of Σ first / Σ second when the rows of `sums` (E, 2) are drawn anew."""
    picks = rng(seed, "bootstrap").integers(len(sums), size=(2000, len(sums)))
    totals = sums[picks].sum(axis=1)
    low, high = np.quantile(totals[:, 0] / totals[:, 1], [0.025, 0.975])
    return [float(low), float(high)]


def warnings(report: dict) -> list[str]:
    """What in a report says that planning with this model will fail, in words."""
    latent, prediction = report["latent"], report["prediction"]
    found = [
        f"the latent hardly holds {name} (probe R² {r2:.2f}): objects this small need a closer camera, "
        "more training or data in which they move"
        for name, r2 in latent.get("probe_r2", {}).items()
        if r2 < READABLE_R2
    ]
    if latent["effective_rank"] < COLLAPSED_RANK:
        found.append(
            f"the latent has collapsed to {latent['effective_rank']:.1f} dimensions: raise sigreg_weight"
        )
    if prediction["model"][-1] >= prediction["copy_last"][-1]:
        found.append("predictions are no better than repeating the last frame")
    if prediction["action_sensitivity"][-1] < ACTION_MATTERS:
        found.append("predictions hardly depend on the actions")
    return found


@torch.inference_mode()
def latent_report(model: WorldModel, held_out: Latents) -> dict:
    """Effective rank, what repainting changes, and what linear maps read off pictures.

    "posture_r2" is of the proprioception, "probe_r2" of the ground truth where there is any.
    """
    index = held_out.frames.indices()
    z, painted = held_out.plain[index], held_out.painted[index]
    report: dict = {
        "effective_rank": effective_rank(z),
        "latent_width": z.shape[1],
        "repaint_change": float(((painted - z) ** 2).mean() / z.var(dim=0).mean()),
    }
    posture = held_out.frames.proprio[index]
    seen = r_squared(model.proprio_readout(z), posture)
    report["posture_r2"] = dict(zip(model.config.proprio.names, seen.tolist(), strict=True))
    stats = model.config.probe
    if stats.names:
        state = held_out.frames.state[index]
        read = model.probe(z)
        error = (read - state).abs().mean(dim=0).numpy() * np.asarray(stats.std)
        report["probe_r2"] = dict(zip(stats.names, r_squared(read, state).tolist(), strict=True))
        report["probe_mean_abs_error"] = dict(zip(stats.names, error.tolist(), strict=True))
    return report
