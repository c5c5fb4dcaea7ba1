"""What the model would have expected of the actions that were then carried out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.spaces import ActionSpace
from wm_robot.insight.trust import without_gaps
from wm_robot.kernels.backend import Backend
from wm_robot.runtime.watch.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Hindsight:
    """A prediction of some periods ago, and what came.

    Args:
        seen: snapshots of 1 + h periods; the prediction starts from the first.
        expected: latents (1 + h, L); the first was seen.
    """

    seen: Sequence[Snapshot]
    expected: FloatArray

    @property
    def real(self) -> FloatArray:
        """Latents that were seen (1 + h, L)."""
        return np.stack([s.decision.observed for s in self.seen if s.decision is not None])


def look_back(
    window: Sequence[Snapshot], space: ActionSpace, backend: Backend, steps: int
) -> Hindsight | None:
    """The prediction of `steps` periods ago, or of fewer where the window is shorter.

    The actions are those that were carried out: plans are replaced each period, so that what a plan expected
    of itself hardly ever happens.

    Args:
        window: of one planner, oldest first.
        space: of the actions.
        backend: of the model that planned.
        steps: h, at most.

    Returns:
        None before there is a prediction of one step.
    """
    run = without_gaps(window)
    decisions = [s.decision for s in run if s.decision is not None]
    T = len(decisions[0].history.latents) if decisions else 1
    start = max(len(run) - 1 - steps, T - 1)
    if start >= len(run) - 1:
        return None
    latents = np.stack([d.observed for d in decisions])  # (N, L)
    actions = space.normalize(np.stack([s.executed for s in run[:-1]]))  # (N - 1, nu)
    past = slice(start - T + 1, start)
    ahead = backend.rollout(latents[start - T + 1 : start + 1], actions[past], actions[None, start:])[0]
    return Hindsight(seen=run[start:], expected=np.concatenate([latents[start : start + 1], ahead]))
