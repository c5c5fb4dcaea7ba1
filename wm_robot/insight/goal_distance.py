"""How far latents are from a goal, in the two measures that a model has."""

from collections.abc import Mapping

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import Goal
from wm_robot.kernels.reference import distance
from wm_robot.kernels.terms import DistanceHead
from wm_robot.planners.world_model import WorldModel


def goal_distances(
    model: WorldModel, latents: FloatArray, goal: Goal, *, goal_latent: FloatArray | None = None
) -> FloatArray:
    """The distance of latents (N, L) from the goal, (N,), as `LatentMPC.goal_distance` measures it.

    Towards images or a latent: root mean square difference of the visual latents, without a unit. Towards a
    pose: distance of the named proprioception, in its unit; NaN where the goal names none.

    Args:
        model: of the latents.
        latents: (N, L).
        goal: images, a latent or a pose.
        goal_latent: of the goal's images (P * D,), where it is known already.
    """
    n_visual = model.config.model.n_visual
    if goal.pose is not None:
        return _pose_distances(model, latents[:, n_visual:], goal.pose)
    g = model.encode_goal(goal) if goal_latent is None else goal_latent
    return np.sqrt(np.mean((latents[:, :n_visual] - g) ** 2, axis=1))


def temporal_distances(model: WorldModel, latents: FloatArray, goal_latent: FloatArray) -> FloatArray | None:
    """Control periods that the model believes to lie between latents (N, L) and the goal, (heads, N).

    Each output of the temporal distance has its own row: where they disagree, none was taught.
    None where the model never learned it.
    """
    arrays = model.distance_arrays()
    if not arrays:
        return None
    return periods_per_unit(model) * np.stack(
        [
            distance(
                DistanceHead({**arrays, "out.weight": weight[None], "out.bias": bias[None]}),
                latents,
                goal_latent,
            )
            for weight, bias in zip(arrays["out.weight"], arrays["out.bias"], strict=True)
        ]
    )


def periods_per_unit(model: WorldModel) -> float:
    """Control periods that make a temporal distance of 1; 1 where the checkpoint does not say."""
    training = model.config.provenance.get("training", {})
    return float(training.get("objective", {}).get("distance_unit", 1.0))


def _pose_distances(model: WorldModel, normalized: FloatArray, pose: Mapping[str, float]) -> FloatArray:
    stats = model.config.proprio
    sensed = dict(zip(stats.names, (normalized * stats.std + stats.mean).T, strict=True))
    differences = [sensed[name] - value for name, value in pose.items() if name in sensed]
    if not differences:
        return np.full(len(normalized), np.nan)
    return np.linalg.norm(differences, axis=0)
