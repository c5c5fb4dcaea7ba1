"""What the model expects of the newest plan, beside what came of its older expectations."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.arrays import FloatArray
from wm_robot.dashboard.panel import View
from wm_robot.insight.goal_distance import goal_distances
from wm_robot.insight.hindsight import Hindsight, look_back
from wm_robot.insight.imagination import Decoder, Imagination, imagine
from wm_robot.insight.trust import Trust, trust_of

WINDOW = 60
"""Control periods that trust looks back on."""


@dataclass(frozen=True, kw_only=True)
class Foresight:
    """A plan as the model imagines it, and what became of its predictions.

    Args:
        view: whose newest plan it is.
        future: expected of that plan.
        past: an older prediction beside what came; None where nothing could be compared.
        past_distance: to the goal, of the prediction and of what came, each (n,).
        past_images: of the prediction by camera, (n, height, width, 3); empty without a decoder.
        trust: of the last predictions; None before there are any.
    """

    view: View
    future: Imagination
    past: Hindsight | None
    past_distance: tuple[FloatArray, FloatArray] | None
    past_images: dict[str, NDArray[np.uint8]]
    trust: Trust | None


def foresee(view: View) -> Foresight | None:
    """The foresight of the newest plan; None without a plan or a model. For the worker."""
    mind, snapshot, decision = view.mind, view.snapshot, view.snapshot.decision
    if mind is None or decision is None:
        return None
    model, goal = mind.model, snapshot.goal
    with mind.lock:
        goal_latent = None if goal.pose is not None else model.encode_goal(goal)
        future = imagine(decision, model, mind.backend, goal, goal_latent=goal_latent)
        steps, window = len(decision.plan.actions), view.recent[-WINDOW:]
        past = look_back(window, model.action_space, mind.backend, steps)
        trust = trust_of(window, model.action_space, mind.backend, steps)
        distance, images = None, {}
        if past is not None:
            expected, real = (
                goal_distances(model, latents, goal, goal_latent=goal_latent)
                for latents in (past.expected, past.real)
            )
            distance = expected, real
            images = cast(Decoder, model).decode(past.expected) if isinstance(model, Decoder) else {}
    return Foresight(
        view=view, future=future, past=past, past_distance=distance, past_images=images, trust=trust
    )
