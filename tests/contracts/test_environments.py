"""Every environment keeps the promises of `core.protocols.Environment`."""

import numpy as np
import pytest
import wm_sim

from wm_robot.core.errors import NotFiniteError, ShapeError, UnknownNameError, WmrError
from wm_robot.core.protocols import Environment
from wm_robot.core.seeding import rng

NAMES = [("reach", "panda"), ("push", "panda"), ("push", "so101"), ("push", "ur5e")]
NAMES += [("dm:reacher-easy", "panda"), ("dm:cartpole-balance", "panda")]


@pytest.fixture(scope="module", params=NAMES, ids="-".join)
def environment(request):
    name, robot = request.param
    environment = wm_sim.make(name, robot=robot, image_size=32)
    yield environment
    environment.close()


def assert_same(one, two):
    assert one.stamp_ns == two.stamp_ns
    np.testing.assert_array_equal(one.proprio, two.proprio)
    assert one.images.keys() == two.images.keys()
    for name in one.images:
        np.testing.assert_array_equal(one.images[name], two.images[name])


def test_it_is_an_environment_whose_observations_fit_its_space(environment):
    assert isinstance(environment, Environment)
    observation, space = environment.reset(0), environment.observation_space
    assert tuple(observation.images) == space.cameras
    for image in (*observation.images.values(), *environment.goal().images.values()):
        assert image.shape == (*space.image_size, 3)
        assert image.dtype == np.uint8
        assert image.std() > 5  # something is to be seen
    assert observation.proprio.shape == (space.n_proprio,)


def test_the_same_seed_gives_the_same_start_and_goal_and_another_seed_others(environment):
    first, goal = environment.reset(1), environment.goal().images
    other = environment.reset(2)
    assert np.any(other.proprio != first.proprio)
    assert_same(environment.reset(1), first)
    for name, image in environment.goal().images.items():
        np.testing.assert_array_equal(image, goal[name])


def test_no_episode_starts_solved(environment):
    for seed in range(5):
        environment.reset(seed)
        assert not environment.score().success


def test_a_restored_state_continues_bit_for_bit(environment):
    environment.reset(3)
    policy = environment.explore(rng(3, "policy"))
    for _ in range(5):
        environment.step(policy())
    saved, score = environment.save_state(), environment.score()
    actions = [
        environment.action_space.clip(rng(i).normal(size=environment.action_space.nu)) for i in range(4)
    ]
    futures = [environment.step(action).observation for action in actions]
    environment.reset(4)
    environment.restore_state(saved)
    assert environment.score() == score
    for action, future in zip(actions, futures, strict=True):
        assert_same(environment.step(action).observation, future)


def test_rendering_the_goal_leaves_no_trace(environment):
    action = np.array(environment.action_space.high) / 2
    environment.reset(5)
    undisturbed = [environment.step(action).observation for _ in range(3)]
    environment.reset(5)
    for expected in undisturbed:
        environment.goal()
        assert_same(environment.step(action).observation, expected)


def test_actions_beyond_the_bounds_are_executed_at_the_bounds(environment):
    environment.reset(6)
    space = environment.action_space
    executed = environment.step(1e3 * np.array(space.high)).executed
    assert np.all(executed <= np.array(space.high) + 1e-12)
    assert np.all(executed >= np.array(space.low) - 1e-12)


def test_nan_and_wrong_shapes_are_refused(environment):
    environment.reset(0)
    nu = environment.action_space.nu
    with pytest.raises(NotFiniteError, match=f"in {environment.action_space.names[0]}"):
        environment.step(np.array([np.nan] + [0.0] * (nu - 1)))
    with pytest.raises(ShapeError):
        environment.step(np.zeros(nu + 1))


def test_exploring_moves_things_and_is_repeatable(environment):
    ends = []
    for _ in range(2):
        environment.reset(7)
        policy = environment.explore(rng(7, "explore"))
        states = [environment.privileged_state()]
        for _ in range(10):
            environment.step(policy())
            states.append(environment.privileged_state())
        assert states[0] != states[-1]
        ends.append(states[-1])
    assert ends[0] == ends[1]


def test_a_fresh_environment_asks_for_a_reset():
    for name in ("reach", "dm:reacher-easy"):
        environment = wm_sim.make(name, image_size=16)
        for ask in (environment.goal, environment.score, lambda e=environment: e.step(np.zeros(3))):
            with pytest.raises(WmrError, match=r"call reset\(seed\) first"):
                ask()


def test_bytes_that_are_no_saved_state_are_refused(environment):
    with pytest.raises(WmrError, match="not a saved environment state"):
        environment.restore_state(b"nonsense")


def test_a_state_of_another_scene_is_refused():
    reach, push = wm_sim.make("reach", image_size=16), wm_sim.make("push", image_size=16)
    reach.reset(0)
    push.reset(0)
    with pytest.raises(WmrError, match="belongs to another scene"):
        push.restore_state(reach.save_state())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fly", "unknown task 'fly'; valid: dm:<domain>-<task>, push, reach"),
        (
            "dm:reacher-impossible",
            "unknown dm_control environment 'dm:reacher-impossible'; valid: .*dm:reacher-easy",
        ),
    ],
)
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(name, message):
    with pytest.raises(UnknownNameError, match=message):
        wm_sim.make(name)
