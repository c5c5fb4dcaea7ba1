"""Recorded episodes on the point mass, whose world model is exact."""

import numpy as np
import pytest

from wm_robot.core.errors import MismatchError
from wm_robot.core.types import Goal, Observation
from wm_robot.evaluation.recording import busiest_moment, goal_cost, record_episode
from wm_robot.kernels.terms import Readout, Smoothness
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.runtime.agent import LatentMPC

PLANNING = PlanningConfig(
    search=PlannerConfig(horizon=4, samples=64, iterations=4),
    costs={"latent_goal": {"metric": "flat", "running": 0.3}},
)


@pytest.fixture
def painted(point_mass, point_mass_model):
    """The point mass with its position, in centimetres from (-1, -1) m, painted on its image."""

    def image(position):
        picture = np.zeros((8, 8, 3), np.uint8)
        picture[..., :2] = np.round(100 * (np.asarray(position) + 1))
        return {"top": picture}

    observe = point_mass.observe

    def painted_observation():
        plain = observe()
        return Observation(stamp_ns=plain.stamp_ns, images=image(point_mass.position), proprio=plain.proprio)

    point_mass.observe = painted_observation
    point_mass.goal = lambda: Goal(images=image(point_mass.target))
    point_mass_model.encode_goal = lambda goal: goal.images["top"][0, 0, :2] / 100.0 - 1
    point_mass_model.decode = lambda latents: {
        "top": np.stack([image(position)["top"] for position in latents[:, :2]])
    }
    return point_mass


@pytest.fixture
def recorded(painted, point_mass_model, point_mass_backend):
    agent = LatentMPC(point_mass_model, PLANNING, backend=point_mass_backend)
    steps = []
    episode, score = record_episode(painted, point_mass_model, agent, 3, on_step=steps.append)
    return episode, score, steps


def test_a_recording_holds_the_whole_episode_from_start_to_end(recorded, painted):
    episode, score, steps = recorded
    assert len(steps) == painted.max_steps == 20
    assert episode.images["top"].shape == (21, 8, 8, 3)
    np.testing.assert_array_equal(episode.images["top"][-1], painted.observe().images["top"])
    assert episode.error[-1] == score.error == painted.score().error
    assert episode.success
    np.testing.assert_array_equal(episode.actions, [step.executed for step in steps])
    assert len(episode.plan_ms) == 20


def test_what_an_exact_model_imagines_is_what_is_then_seen(recorded):
    episode, _, _ = recorded
    imagined = episode.imagined["top"].astype(int)
    seen = episode.images["top"][episode.imagined_from + 1 :][: len(imagined)].astype(int)
    assert np.abs(imagined - seen).max() <= 1  # both are rounded to whole centimetres
    assert episode.imagined_from == 0  # the mass starts at once and then rests at its goal


def test_the_latent_distance_is_the_planners_cost_of_being_there(recorded, painted):
    episode, _, _ = recorded
    # The flat metric charges the squared distance to the goal, whose image is off by up to half a centimetre
    # along each axis; the weight of the last step is 1, so cost = error² up to 2 e √2/200 + (√2/200)².
    assert episode.latent_distance == pytest.approx(episode.error**2, abs=0.02)
    assert episode.latent_distance[0] > 50 * episode.latent_distance[-1]


def test_only_terms_that_read_the_goal_count_as_distance():
    term = Readout(step_weights=[1.0, 3.0], target=[1.0], scale=[1.0])
    latents = np.array([[1.0, 9.0], [3.0, 9.0]])
    # Squared distances of the first entry 0 and 2² = 4, times the last step's weight 3.
    np.testing.assert_allclose(goal_cost([term, Smoothness(step_weights=[1.0, 1.0])], latents), [0.0, 12.0])


def test_the_busiest_moment_is_where_the_picture_changes_most():
    frames = np.zeros((10, 2, 2, 3), np.uint8)
    frames[6:] = 200  # the only change is from frame 5 to frame 6
    assert busiest_moment({"top": frames}, steps=3) == 3  # frames 3 → 6: the first stretch across it
    assert busiest_moment({"top": frames[:2]}, steps=3) == 0


def test_a_goal_without_images_cannot_be_shown(point_mass, point_mass_model, point_mass_backend):
    agent = LatentMPC(point_mass_model, PLANNING, backend=point_mass_backend)
    with pytest.raises(MismatchError, match="goals of 'point_mass' are not images"):
        record_episode(point_mass, point_mass_model, agent, 0)
