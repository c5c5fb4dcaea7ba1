import mujoco
import numpy as np
import pytest
import wm_sim
from wm_sim.saved_state import set_state

from wm_robot.core.errors import MismatchError


@pytest.fixture(scope="module")
def reacher():
    return wm_sim.make("dm:reacher-easy", image_size=32)


def test_the_goal_is_a_state_that_the_environments_own_reward_praises(reacher):
    for seed in range(5):
        reacher.reset(seed)
        set_state(reacher._model, reacher._data, reacher._goal_state)
        # reacher-easy rewards 1 with the finger within the target's radius of 5 cm, and 0 elsewhere.
        assert reacher.score().error == 0.0
        assert reacher.score().success


def test_missing_the_goal_by_a_little_is_rewarded_too(reacher):
    reacher.reset(0)
    for number in range(2):
        for offset in (-0.15, 0.15):
            set_state(reacher._model, reacher._data, reacher._goal_state)
            reacher._data.qpos[number] += offset
            mujoco.mj_forward(reacher._model, reacher._data)
            assert reacher.score().success


def test_an_episode_can_start_at_its_goal(reacher):
    start = reacher.reset_at_goal(3)
    assert reacher.score().success
    np.testing.assert_array_equal(start.images["camera"], reacher.goal().images["camera"])
    reacher.reset(3)
    np.testing.assert_array_equal(start.images["camera"], reacher.goal().images["camera"])


def test_start_and_goal_share_the_target_and_both_are_at_rest(reacher):
    for seed in range(3):
        start = reacher.reset(seed)
        target = reacher._model.geom("target").pos.copy()
        # Velocities are the last two entries of proprioception.
        np.testing.assert_array_equal(start.proprio[4:], 0.0)
        reacher.goal()
        np.testing.assert_array_equal(reacher._model.geom("target").pos, target)


def test_a_step_lasts_a_tenth_of_a_second(reacher):
    # reacher's own control period is 20 ms: five of them.
    assert reacher.action_space.rate_hz == pytest.approx(10.0)
    reacher.reset(0)
    assert reacher.step(np.zeros(2)).observation.stamp_ns == 100_000_000


def test_proprioception_is_the_arm_alone(reacher):
    names = reacher.observation_space.proprio_names
    # The shoulder turns without end, the wrist by 320 degrees.
    angles = ("shoulder_sin", "shoulder_cos", "wrist_sin", "wrist_cos")
    assert names == (*angles, "shoulder_velocity", "wrist_velocity")


def test_a_hinge_that_turns_little_gives_its_angle():
    names = wm_sim.make("dm:cheetah-run").observation_space.proprio_names
    assert "bthigh" in names
    assert "bthigh_sin" not in names


def test_visual_shifts_are_refused():
    with pytest.raises(MismatchError, match="dm:reacher-easy' has no visual shifts"):
        wm_sim.make("dm:reacher-easy", shift="colour")
