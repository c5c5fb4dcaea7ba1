"""How far the model's predictions of a while ago came true, by how far they looked ahead."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.spaces import ActionSpace
from wm_robot.kernels.backend import Backend
from wm_robot.runtime.watch.snapshot import Snapshot

THRESHOLD = 0.5
"""Trust below which a person should look, unless they choose another line."""

STILL = 0.03
"""Mean square change of a latent's entries below which too little moves to judge a model.

Entries have about unit variance; the shipped models err by 0.01 a step, so that on an arm at rest their error
is all that changes.
"""


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Predictions against what then happened, over a window of control periods.

    There is no ensemble to disagree: surprise says what the newest step was like beside its predecessors.

    Args:
        error: mean square of the entries of ẑ − z after h = 1 … H steps, under the actions carried out (H,).
        copy_last: the same of the prediction that nothing changes (H,).
        count: predictions behind each mean (H,).
        surprise: error of the newest single step over the median of those before it in the window, or over a
            tenth of `still` where that is more; NaN before there are three.
        still: `copy_last` below which there is no trust to speak of.
    """

    error: FloatArray
    copy_last: FloatArray
    count: FloatArray
    surprise: float
    still: float = STILL

    @property
    def trust(self) -> FloatArray:
        """1 − error / copy_last (H,): 1 is perfect, 0 no better than to predict that nothing changes.

        NaN where too little moved to tell.
        """
        moved = self.copy_last > self.still
        return np.where(moved, 1.0 - self.error / np.where(moved, self.copy_last, 1.0), np.nan)

    def horizon_above(self, threshold: float = THRESHOLD) -> int:
        """Steps ahead up to which trust is nowhere below `threshold`; 0 … H."""
        below = np.flatnonzero(self.trust < threshold)
        return int(below[0]) if len(below) else len(self.error)


def trust_of(
    window: Sequence[Snapshot], space: ActionSpace, backend: Backend, horizon: int, *, still: float = STILL
) -> Trust | None:
    """Trust over the newest control periods that follow each other without a gap.

    Args:
        window: of one planner, oldest first; what lies before a missing period, a period without a plan or
            another episode is left out.
        space: of the actions.
        backend: of the model that planned.
        horizon: H, largest number of steps ahead.
        still: see `STILL`.

    Returns:
        Trust of as many steps ahead as the window shows, at most H; None before there is one.
    """
    run = without_gaps(window)
    decisions = [snapshot.decision for snapshot in run if snapshot.decision is not None]
    T = len(decisions[0].history.latents) if decisions else 1
    starts = range(T - 1, len(run) - 1)
    if not starts:
        return None
    latents = np.stack([decision.observed for decision in decisions])  # (N, L)
    actions = space.normalize(np.stack([snapshot.executed for snapshot in run[:-1]]))  # (N - 1, nu)
    steps = min(horizon, len(starts))
    errors = np.full((len(starts), steps), np.nan)
    unchanged = np.full((len(starts), steps), np.nan)
    for row, i in enumerate(starts):
        ahead = min(steps, len(run) - 1 - i)
        past = slice(i - T + 1, i)
        imagined = backend.rollout(latents[i - T + 1 : i + 1], actions[past], actions[None, i : i + ahead])[0]
        real = latents[i + 1 : i + 1 + ahead]  # (ahead, L)
        errors[row, :ahead] = np.mean((imagined - real) ** 2, axis=1)
        unchanged[row, :ahead] = np.mean((latents[i] - real) ** 2, axis=1)
    earlier = errors[:-1, 0]
    return Trust(
        error=np.nanmean(errors, axis=0),
        copy_last=np.nanmean(unchanged, axis=0),
        count=np.sum(~np.isnan(errors), axis=0),
        surprise=float(errors[-1, 0] / max(np.median(earlier), still / 10, 1e-12))
        if len(earlier) > 1
        else np.nan,
        still=still,
    )


def without_gaps(window: Sequence[Snapshot]) -> list[Snapshot]:
    """The newest periods of `window` that follow each other and have a plan, oldest first; each once."""
    run: list[Snapshot] = []
    for snapshot in reversed(window):
        if run and snapshot.index == run[-1].index:
            continue
        if snapshot.decision is None:
            break
        if run and (snapshot.index, snapshot.episode) != (run[-1].index - 1, run[-1].episode):
            break
        run.append(snapshot)
    return run[::-1]
