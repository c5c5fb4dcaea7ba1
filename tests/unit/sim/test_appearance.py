"""Looks change what cameras see and nothing else."""

import mujoco
import numpy as np
import pytest
import wm_sim
from wm_sim.appearance import MIN_CONTRAST, SHIFTS, Appearance, shifted

from wm_robot.core.errors import UnknownNameError
from wm_robot.core.seeding import rng


@pytest.fixture(scope="module")
def environment():
    return wm_sim.make("push", image_size=48)


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_shift_changes_the_images_and_leaves_the_physics(environment, shift):
    environment.set_shift(None)
    nominal = environment.reset(5)
    environment.set_shift(shift)
    changed = environment.observe()
    assert all(np.any(changed.images[name] != nominal.images[name]) for name in nominal.images)
    np.testing.assert_array_equal(changed.proprio, nominal.proprio)
    after = environment.step(np.array([0.02, -0.03])).observation.proprio
    environment.set_shift(None)
    environment.reset(5)
    np.testing.assert_array_equal(environment.step(np.array([0.02, -0.03])).observation.proprio, after)


def test_the_nominal_look_comes_back_exactly(environment):
    environment.set_shift(None)
    before = environment.reset(6).images["front"]
    for shift in SHIFTS:
        environment.set_shift(shift)
    environment.set_shift(None)
    np.testing.assert_array_equal(environment.observe().images["front"], before)


def test_a_goal_asked_for_before_the_change_shows_the_old_look(environment):
    environment.set_shift(None)
    environment.reset(7)
    old = environment.goal().images["top"]
    environment.set_shift("colour")
    new = environment.goal().images["top"]
    assert np.any(old != new)
    environment.set_shift(None)
    np.testing.assert_array_equal(environment.goal().images["top"], old)


def test_each_episode_has_its_own_shift_and_the_same_seed_the_same(environment):
    environment.set_shift("colour")
    first, other, again = (environment.reset(seed).images["front"] for seed in (1, 2, 1))
    assert np.any(first[-1] != other[-1])  # the lowest row shows the table alone
    np.testing.assert_array_equal(first, again)
    environment.set_shift(None)


def test_a_shifted_camera_is_moved_2_cm_and_turned_3_degrees():
    for seed in range(5):
        for _, move, turn in shifted("camera", rng(seed)).camera_offsets:
            assert np.linalg.norm(move) == pytest.approx(0.02)
            assert np.rad2deg(np.linalg.norm(turn)) == pytest.approx(3.0)


def test_only_what_its_name_says_is_shifted():
    parts = {
        "colour": {"arm", "table", "object"},
        "light": {"lamp_position", "lamp", "ambient", "headlight"},
        "background": {"floor", "wall", "distractors"},
        "camera": {"camera_offsets"},
    }
    parts["everything"] = parts["colour"] | parts["light"] | parts["background"]
    nominal = vars(Appearance())
    for shift in SHIFTS:
        look = vars(shifted(shift, rng(1)))
        assert {name for name in nominal if look[name] != nominal[name]} == parts[shift]


def test_distractors_stay_out_of_the_workspace():
    for seed in range(50):
        for distractor in shifted("everything", rng(seed)).distractors:
            # In units of the workspace's width from its centre: half a width is its edge.
            assert np.max(np.abs(distractor.position)) >= 0.6


def test_no_table_has_the_colour_of_the_object_on_it():
    for seed in range(50):
        look = shifted("everything", rng(seed))
        assert np.linalg.norm(np.subtract(look.table, look.object)) >= MIN_CONTRAST


def test_an_unknown_shift_is_an_error_that_lists_the_known_ones(environment):
    known = "'smoke'; valid: background, camera, colour, everything, light"
    with pytest.raises(UnknownNameError, match=known):
        environment.set_shift("smoke")
    with pytest.raises(UnknownNameError, match="'smoke'"):
        wm_sim.make("reach", shift="smoke")


def test_distractors_move_although_static_geoms_are_placed_once(environment):
    environment.set_shift("background")
    environment.reset(3)
    model, data = environment.robot.model, environment.robot.data
    number = model.geom("distractor_0").id
    assert model.geom_rgba[number, 3] == 1.0
    np.testing.assert_allclose(data.geom_xpos[number], model.geom_pos[number])
    environment.set_shift(None)
    assert model.geom_rgba[number, 3] == 0.0
    assert mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_GEOM, "distractor_0") == number
