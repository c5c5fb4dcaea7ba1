"""What the model expects a chosen plan to look like, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import Goal
from wm_robot.insight.goal_distance import goal_distances, temporal_distances
from wm_robot.kernels.backend import Backend
from wm_robot.planners.world_model import WorldModel
from wm_robot.runtime.decision import Decision


@runtime_checkable
class Decoder(Protocol):
    """A model that can show a latent as pictures."""

    def decode(self, latents: FloatArray) -> dict[str, NDArray[np.uint8]]:
        """Images (N, height, width, 3) uint8 by camera name, of latents (N, L)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Imagination:
    """The future of one plan. Its first entry is where the plan begins, its entry h is after h actions.

    Args:
        stamps_ns: when each entry is due (1 + H,), on the clock of the observations.
        latents: (1 + H, L); the first is the newest observation, or what actions under way should make of it.
        images: decoded, (1 + H, height, width, 3) uint8 by camera; empty where the model has no decoder.
        goal_distance: (1 + H,), as `LatentMPC.goal_distance` measures it.
        periods_left: control periods to the goal that the model believes in, a row an output of its temporal
            distance (heads, 1 + H); None where it has none, or the goal is a pose.
        begins_real: whether the first entry was seen rather than imagined.
    """

    stamps_ns: NDArray[np.int64]
    latents: FloatArray
    images: Mapping[str, NDArray[np.uint8]]
    goal_distance: FloatArray
    periods_left: FloatArray | None
    begins_real: bool


def imagine(
    decision: Decision,
    model: WorldModel,
    backend: Backend,
    goal: Goal,
    *,
    goal_latent: FloatArray | None = None,
) -> Imagination:
    """The future that `decision` was chosen for.

    Args:
        decision: with the plan.
        model: decodes.
        backend: of that model, imagines.
        goal: of the decision.
        goal_latent: of the goal's images (P * D,), where it is known already.
    """
    start = decision.history
    ahead = backend.rollout(start.latents, start.actions, decision.plan.actions[None])[0]  # (H, L)
    latents = np.concatenate([start.latents[-1:], ahead])
    if goal.pose is None and goal_latent is None:
        goal_latent = model.encode_goal(goal)
    dt_ns = round(model.action_space.dt_s * 1e9)
    return Imagination(
        stamps_ns=decision.start_ns + dt_ns * np.arange(len(latents), dtype=np.int64),
        latents=latents,
        images=cast(Decoder, model).decode(latents) if isinstance(model, Decoder) else {},
        goal_distance=goal_distances(model, latents, goal, goal_latent=goal_latent),
        periods_left=None if goal_latent is None else temporal_distances(model, latents, goal_latent),
        begins_real=not len(decision.under_way),
    )
