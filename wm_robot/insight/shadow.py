"""A second planner on the same decisions, which commands nothing."""

from dataclasses import replace

from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.insight.comparison import Comparison, Instant
from wm_robot.planners.planner import Plan
from wm_robot.planners.planning import PlanningConfig
from wm_robot.runtime.decision import Decision


class Shadow:
    """Plans from what a controller saw, with other settings and without a deadline, and warm-starts itself.

    A deadline would be met or missed for other reasons than the settings: this runs when nothing else does.

    Args:
        planning: the other settings.
        nu: entries of an action.
        dt_s: control period.
        clock: measures the search.

    Not thread-safe.
    """

    def __init__(self, planning: PlanningConfig, nu: int, dt_s: float, *, clock: Clock | None = None) -> None:
        self.planning = planning
        self._dt_s, self._clock = dt_s, clock or SteadyClock()
        self._planner = replace(planning, budget_s=None).make_planner(nu, self._clock)
        self._last: tuple[Decision, Plan] | None = None

    def plan(self, instant: Instant) -> Comparison:
        """Plan where a decision was made; after the controller started cold, it does so, too.

        Raises:
            MismatchError: no cost of either settings reads the goal.
        """
        decision, warm = instant.decision, None
        if decision.warm_start is not None and self._last is not None:
            before, plan = self._last
            steps = round((decision.start_ns - before.start_ns) * 1e-9 / self._dt_s)
            if steps >= 0:
                warm = self._planner.shift(plan.belief, steps)
        objective = instant.objective(self.planning, self.planning.search.horizon)
        began_ns = self._clock.now_ns()
        plan = self._planner.plan(objective, decision.seed, warm_start=warm)
        took_s = (self._clock.now_ns() - began_ns) * 1e-9
        self._last = decision, plan
        return instant.compare(plan, took_s, warm=warm is not None)
