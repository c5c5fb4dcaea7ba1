"""What the verdict learns of the plans of late."""

from dataclasses import replace

import numpy as np

from wm_robot.core.types import Goal
from wm_robot.dashboard.progress import progress_of


def test_progress_is_judged_by_the_tasks_own_distance_where_there_is_one(snapshots):
    found = progress_of(snapshots)
    assert (found.unit, len(found.distances)) == ("m", 12)
    assert found.distances[-1] == snapshots[-1].simulation.score.error
    real = progress_of([replace(s, simulation=None) for s in snapshots])
    assert (real.unit, real.tolerance) == ("", None)
    np.testing.assert_array_equal(real.distances, [s.goal_distance for s in snapshots])
    other = [*snapshots, replace(snapshots[0], episode=1, index=12)]
    assert len(progress_of(other).distances) == 1


def test_progress_is_that_of_one_goal_and_one_set_of_settings(snapshots):
    # Where the goal is dragged away or the settings change, costs and distances jump.
    elsewhere = [replace(s, goal=Goal(pose={"ee_x": 0.5})) for s in snapshots[5:]]
    assert len(progress_of([*snapshots[:5], *elsewhere]).costs) == 7
    planning = replace(snapshots[0].decision.planning, budget_s=0.1)
    retuned = [replace(s, decision=replace(s.decision, planning=planning)) for s in snapshots[9:]]
    assert len(progress_of([*snapshots[:9], *retuned]).costs) == 3
