"""What another planner would have done at one instant of the past."""

from dataclasses import replace

from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.insight.comparison import Comparison, Instant
from wm_robot.insight.warm_start import fitting
from wm_robot.planners.planning import PlanningConfig


def plan_otherwise(instant: Instant, planning: PlanningConfig, *, clock: Clock | None = None) -> Comparison:
    """Plan at `instant` with the settings `planning`: with the seed of the decision, and without a deadline.

    It begins with the decision's warm start where that has as many knots, and cold otherwise. The same
    question has the same answer, bit for bit.

    Raises:
        WmrError: the settings do not fit each other, or none of their costs reads the goal.
    """
    clock = clock or SteadyClock()
    decision = instant.decision
    planner = replace(planning, budget_s=None).make_planner(instant.model.action_space.nu, clock)
    warm = fitting(decision.warm_start, planner)
    objective = instant.objective(planning, planning.search.horizon)
    began_ns = clock.now_ns()
    plan = planner.plan(objective, decision.seed, warm_start=warm)
    return instant.compare(plan, (clock.now_ns() - began_ns) * 1e-9, warm=warm is not None)
