"""What a plan is expected to look like, on a point mass whose model is exact."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.core.errors import MismatchError
from wm_robot.core.types import Goal
from wm_robot.insight.goal_distance import goal_distances
from wm_robot.insight.imagination import imagine
from wm_robot.insight.tip_paths import tip_paths, tip_when_seen


def test_the_future_begins_with_what_was_seen_and_follows_the_plan(
    drive, point_mass_model, point_mass_backend
):
    snapshot = drive(1)[0]
    future = imagine(snapshot.decision, point_mass_model, point_mass_backend, snapshot.goal)
    start = snapshot.observation.proprio
    # The mass moves by a tenth of each normalised action.
    way = np.concatenate([[start], start + 0.1 * np.cumsum(snapshot.decision.plan.actions, axis=0)])
    np.testing.assert_allclose(future.latents[:, :2], way)
    # Root mean square over the two entries of the latent.
    np.testing.assert_allclose(future.goal_distance, np.linalg.norm(way - [0.3, 0.2], axis=1) / np.sqrt(2))
    assert future.stamps_ns.tolist() == [0, 10**8, 2 * 10**8, 3 * 10**8]
    assert future.begins_real
    assert (future.images, future.periods_left) == ({}, None)  # it has neither decoder nor temporal distance


def test_actions_under_way_make_the_beginning_imagined(drive, point_mass_model, point_mass_backend):
    snapshot = drive(1)[0]
    decision = replace(snapshot.decision, under_way=np.zeros((1, 2)), start_ns=10**8)
    future = imagine(decision, point_mass_model, point_mass_backend, snapshot.goal)
    assert (future.stamps_ns[0], future.begins_real) == (10**8, False)


def test_distance_to_a_pose_is_in_its_unit(point_mass_model):
    latents = np.array([[0, 0, 0.15, 0.2]])  # proprioception (0.3, 0.4) m, divided by 2
    assert goal_distances(point_mass_model, latents, Goal(pose={"x": 0.0, "y": 0.0})) == pytest.approx(0.5)
    assert np.isnan(goal_distances(point_mass_model, latents, Goal(pose={"shadow": 1.0}))).all()


def test_the_tip_goes_where_the_actions_say(drive, point_mass_model):
    space = point_mass_model.action_space
    actions = np.array([[[1.0, 0.0], [0.5, -1.0]], [[3.0, 0.0], [0.0, 0.0]]])
    paths = tip_paths(np.array([1.0, 2.0, 3.0]), actions, space, under_way=np.array([[0.0, 0.05]]))
    # Bounds of ±0.1 m: what is beyond them is cut off.
    np.testing.assert_allclose(
        paths,
        [
            [[1, 2, 3], [1, 2.05, 3], [1.1, 2.05, 3], [1.15, 1.95, 3]],
            [[1, 2, 3], [1, 2.05, 3], [1.1, 2.05, 3], [1.1, 2.05, 3]],
        ],
    )
    with pytest.raises(MismatchError, match="'native' have no path"):
        tip_paths(np.zeros(3), actions, replace(space, kind="native"))


def test_the_tip_is_where_the_proprioception_tells_it(drive, point_mass_model):
    snapshot = drive(1)[0]
    senses = replace(point_mass_model.observation_space, proprio_names=("ee_z", "ee_x"))
    seen = replace(snapshot, observation=replace(snapshot.observation, proprio=np.array([0.7, 0.1])))
    np.testing.assert_allclose(tip_when_seen(seen, senses), [0.1, 0.0, 0.7])
