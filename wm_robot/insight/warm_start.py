"""A warm start of one planner for another one."""

from dataclasses import replace

from wm_robot.planners.planner import Belief, SamplingPlanner


def fitting(warm_start: Belief | None, planner: SamplingPlanner) -> Belief | None:
    """`warm_start` as `planner` can use it: with no more elites than it has itself.

    None where its knots are of another number, or there is no warm start.
    """
    if warm_start is None or warm_start.mean.shape != planner.start().mean.shape:
        return None
    elites = getattr(planner, "elite_count", 0)
    return replace(warm_start, elites=warm_start.elites[:elites])
