"""What a plan was made from, and what came of it: enough to make it again."""

from dataclasses import dataclass

from wm_robot.core.arrays import FloatArray
from wm_robot.planners.planner import Belief, Plan
from wm_robot.planners.planning import PlanningConfig
from wm_robot.runtime.history import History


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One plan with all its inputs but the goal and the model; without a deadline they alone decide it.

    Args:
        plan_id: counts plans within an episode.
        seed: of this plan, 64 bits.
        stamp_ns: of the observation.
        start_ns: when the first action begins.
        observed: latent of the observation (L,).
        under_way: actions (n, nu) that run from the observation to the first action, in units.
        history: where the search began, after those actions.
        warm_start: what it began with; None for a cold start.
        planning: its settings.
        plan: what was found.
        encode_s: from the observation's arrival to the start of the search, seconds.
    """

    plan_id: int
    seed: int
    stamp_ns: int
    start_ns: int
    observed: FloatArray
    under_way: FloatArray
    history: History
    warm_start: Belief | None
    planning: PlanningConfig
    plan: Plan
    encode_s: float
