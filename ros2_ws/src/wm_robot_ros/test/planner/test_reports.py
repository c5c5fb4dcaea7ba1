"""What the planner tells of its plans, of itself and of its cameras."""

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus

from .conftest import CAMERAS


def test_each_plan_is_told_with_what_it_is_worth(stage):
    handle = stage.pursue()
    plan = stage.next_plan()
    assert (plan.planner, plan.samples, plan.iterations) == ("cem", 16, 1)
    assert plan.cost_best <= plan.cost_mean <= plan.cost_worst
    assert 1 <= plan.effective_sample_size <= 16
    assert plan.plan_time == pytest.approx(sum(plan.phase_times))
    assert plan.observation_age > plan.plan_time
    # All pictures are published together, joints every 20 ms; a busy machine does it later.
    assert plan.sync_spread < 0.1
    goal = stage.wait(lambda: stage.frames.get("goal")).transform.translation
    assert np.isfinite([goal.x, goal.y, goal.z]).all()
    stage.cancel(handle)


def test_signs_of_life_come_without_a_goal_too_and_tell_of_cameras_while_one_is_pursued(stage):
    count = len(stage.beats)
    beat = stage.wait(lambda: len(stage.beats) > count + 3 and stage.beats[-1])
    assert not beat.cameras
    handle = stage.pursue()
    beat = stage.wait(lambda: stage.beats[-1].cameras and stage.beats[-1])
    assert {camera.name for camera in beat.cameras} == set(CAMERAS)
    stage.cancel(handle)


def test_a_camera_that_falls_silent_is_diagnosed(stage):
    def told(level, words):
        return any(d.level == level and words in d.message for d in stage.diagnoses)

    stage.diagnoses.clear()
    stage.wait(lambda: told(DiagnosticStatus.OK, "ready for a goal"))
    stage.cameras.remove("front")
    stage.wait(lambda: told(DiagnosticStatus.STALE, "no new picture of front"))
