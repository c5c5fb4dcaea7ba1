"""Each cost on latents whose price is computed by hand."""

import numpy as np
import pytest

from wm_robot.core.errors import MismatchError, UnknownNameError, WmrError
from wm_robot.core.types import Goal
from wm_robot.planners.costs.cost import step_weights
from wm_robot.planners.costs.latent_goal import LatentGoal
from wm_robot.planners.costs.limits import Limits
from wm_robot.planners.costs.pose import Pose
from wm_robot.planners.costs.posture import Posture
from wm_robot.planners.costs.smoothness import Smoothness
from wm_robot.planners.costs.temporal_distance import TemporalDistance
from wm_robot.planners.objective import LatentObjective, goal_terms

START = np.zeros((2, 4))
PAST = np.array([[0.5, 0.0]])
# Two steps of 0.1 a: positions (0.1, 0), then (0.1, 0.05).
ACTIONS = np.array([[[1.0, 0.0], [0.0, 0.5]]])


@pytest.fixture
def price(point_mass_model, point_mass_backend):
    def evaluate(cost, goal, extra=()):
        costs = cost if isinstance(cost, list) else [cost]
        terms = goal_terms(point_mass_model, costs, goal, horizon=2)
        objective = LatentObjective(
            backend=point_mass_backend, latents=START, past_actions=PAST, terms=terms, costs=extra
        )
        return objective(ACTIONS)

    return evaluate


def test_the_flat_latent_distance_weighs_the_end_and_the_way(price):
    cost = LatentGoal(metric="flat", terminal=1.0, running=0.5)
    # Goal (0.1, 0.1): squared distances 0.1² on the way and 0.05² at the end.
    expected = 0.5 * 0.01 + 0.0025
    np.testing.assert_allclose(price(cost, Goal(latent=np.array([0.1, 0.1]))), [expected], rtol=1e-6)


def test_the_slow_feature_metric_stretches_the_directions_of_the_model(price):
    # A = diag(2, 1), goal (0, 0), end (0.1, 0.05): (0.2)² + (0.05)².
    np.testing.assert_allclose(
        price(LatentGoal(metric="slow_features"), Goal(latent=np.zeros(2))), [0.0425], rtol=1e-6
    )


def test_the_posture_of_the_goal_picture_is_compared_with_the_imagined_proprioception(price):
    # The picture shows proprioception (0.05, 0.05); the end has (0.05, 0.025).
    goal = Goal(latent=np.array([0.1, 0.1]))
    np.testing.assert_allclose(price(Posture(), goal), [0.025**2], rtol=1e-6)


def test_a_pose_is_read_from_proprioception_in_standard_deviations(price):
    # y = 0.45 with deviation 2: the end's 0.05 misses by 0.4 / 2.
    np.testing.assert_allclose(price(Pose(), Goal(pose={"y": 0.45})), [0.04], rtol=1e-6)


def test_a_pose_outside_proprioception_is_read_through_the_probe(price):
    # shadow = 3 x + 0.5 = 0.8 at the end; from 1.4 it misses by 0.6, deviation 2.
    np.testing.assert_allclose(price(Pose(), Goal(pose={"shadow": 1.4})), [0.09], rtol=1e-6)


def test_smoothness_and_limits_add_to_the_goal_cost(price):
    goal = Goal(latent=np.array([0.1, 0.05]))
    at_goal = LatentGoal(metric="flat")
    np.testing.assert_allclose(price(at_goal, goal), [0.0], atol=1e-12)
    # From the action under way (0.5, 0) to (1, 0) to (0, 0.5): 0.25 + 1.25, times 2.
    np.testing.assert_allclose(price([at_goal, Smoothness(weight=2.0)], goal), [3.0], rtol=1e-6)
    # Only 1.0 exceeds 0.8: 0.2² times 5.
    np.testing.assert_allclose(price([at_goal, Limits(weight=5.0, limit=0.8)], goal), [0.2], rtol=1e-6)


def test_the_temporal_distance_prices_each_step_with_the_learned_network(price, point_mass_model):
    # One hidden unit reading x, GELU(x) ≈ x for large x, no goal part, out = 1 · h:
    # d = softplus(GELU(10 x + 10)); at x = 0.1 both steps read 11, and softplus(11) = 11 + 1.67e-5.
    point_mass_model.distance_arrays = lambda: {
        "in.weight": np.array([[10.0, 0, 0, 0]]),
        "in.bias": np.array([10.0]),
        "goal.weight": np.zeros((1, 2)),
        "out.weight": np.array([[1.0]]),
        "out.bias": np.array([0.0]),
    }
    cost = TemporalDistance(terminal=1.0, running=0.5)
    np.testing.assert_allclose(price(cost, Goal(latent=np.zeros(2))), [1.5 * (11 + 1.67e-5)], rtol=1e-6)


def test_python_costs_see_latents_and_actions(price):
    def first_action(latents, actions):
        assert latents.shape == (1, 2, 4)
        return actions[:, 0, 0]

    np.testing.assert_allclose(price([], Goal(latent=np.zeros(2)), extra=[first_action]), [1.0])


def test_a_goal_that_no_cost_reads_is_refused(price):
    with pytest.raises(MismatchError, match=r"no cost among \['Pose'\] reads the goal, which gives latent"):
        price(Pose(), Goal(latent=np.zeros(2)))
    with pytest.raises(MismatchError, match=r"gives pose; valid: .* Pose for a pose"):
        price([LatentGoal(), TemporalDistance(), Smoothness()], Goal(pose={"x": 0.1}))


def test_unknown_names_and_useless_weights_are_refused(price):
    with pytest.raises(UnknownNameError, match="unknown pose entry 'z'; valid: shadow, x, y"):
        price(Pose(), Goal(pose={"z": 0.1}))
    with pytest.raises(
        UnknownNameError, match="unknown cost latent_goal metric 'euclid'; valid: flat, slow_features"
    ):
        LatentGoal(metric="euclid")  # type: ignore[arg-type]
    with pytest.raises(WmrError, match="one must be positive"):
        step_weights(3, terminal=0.0, running=0.0)


def test_step_weights_put_the_terminal_weight_last():
    np.testing.assert_array_equal(step_weights(3, terminal=2.0, running=0.5), [0.5, 0.5, 2.0])
    np.testing.assert_array_equal(step_weights(1, terminal=2.0, running=0.5), [2.0])
