"""Whether the plans of late kept their promises."""

from collections.abc import Sequence

from wm_robot.insight.same_goal import same_goal
from wm_robot.insight.verdict import Progress
from wm_robot.runtime.watch.snapshot import Snapshot

WINDOW = 30
"""Control periods that the verdict looks back on."""


def progress_of(recent: Sequence[Snapshot]) -> Progress:
    """What the newest plans promised, and the real distances: the task's own in simulation.

    Of plans for one goal with the same settings: costs of other ones cannot be compared with theirs.
    """
    newest, window = recent[-1], _alike(recent)[-WINDOW:]
    costs = [s.decision.plan.cost for s in window if s.decision is not None]
    scores = [
        s.simulation.score for s in window if s.simulation is not None and s.simulation.score is not None
    ]
    if len(scores) == len(window):
        return Progress(
            costs=costs,
            distances=[score.error for score in scores],
            unit=scores[-1].unit,
            tolerance=scores[-1].tolerance,
        )
    unit = "" if newest.goal.pose is None else "m"
    return Progress(costs=costs, distances=[s.goal_distance for s in window], unit=unit)


def _alike(recent: Sequence[Snapshot]) -> list[Snapshot]:
    """The newest ones with a plan that pursue one goal with the same settings, in one episode."""
    planned = [(s, s.decision.planning) for s in recent if s.decision is not None]
    newest, in_force = planned[-1]
    found: list[Snapshot] = []
    for snapshot, planning in reversed(planned):
        alike = snapshot.episode == newest.episode and planning == in_force
        if not alike or not same_goal(snapshot.goal, newest.goal):
            break
        found.append(snapshot)
    return found[::-1]
