"""The definition itself, on cases small enough to be worked out by hand."""

import numpy as np
import pytest

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.reference import ReferenceBackend, gelu, layer_norm
from wm_robot.kernels.terms import ActionLimits, DistanceHead, Readout, Smoothness, TemporalDistance, Term

ONE_STEP = np.ones(1)


def still_predictor(history: int) -> dict[str, FloatArray]:
    """L = 2, nu = 1; all weights zero, so a step adds the output bias (0.5, -1) to the latent."""
    sizes = {"in": (3, history * 2), "action.0": (4, history), "action.2": (4, 4), "out": (2, 3)}
    weights = {f"{name}.weight": np.zeros(shape) for name, shape in sizes.items()}
    weights |= {f"{name}.bias": np.zeros(shape[0]) for name, shape in sizes.items()}
    weights["out.bias"] = np.array([0.5, -1.0])
    return weights


def costs(term: Term, actions: FloatArray, past_action: float = 0.25) -> FloatArray:
    backend = ReferenceBackend(still_predictor(history=2))
    return backend.costs([[9.0, 9.0], [1.0, 2.0]], [[past_action]], actions, [term])


def test_zero_weights_add_the_output_bias_at_every_step() -> None:
    imagined = ReferenceBackend(still_predictor(history=2)).rollout(
        [[9.0, 9.0], [1.0, 2.0]], [[0.0]], np.zeros((1, 3, 1))
    )
    # From (1, 2): + (0.5, -1) each time.
    np.testing.assert_allclose(imagined, [[[1.5, 1.0], [2.0, 0.0], [2.5, -1.0]]])


def test_the_window_moves_on_to_imagined_latents_and_candidate_actions() -> None:
    # One unit reads the OLDER latent's first entry, another the older action, so after two steps only
    # imagined values reach them. LayerNorm over (x, 0) is (±1, ∓1) for |x| ≫ 1e-3.
    weights = still_predictor(history=2)
    weights["out.bias"] = np.zeros(2)
    weights["in.weight"] = np.array([[1.0, 0, 0, 0], [0, 0, 0, 0]])  # reads z_{t-1}[0]
    weights["in.bias"] = np.zeros(2)
    weights["out.weight"] = np.array([[1.0, 0.0], [0.0, 0.0]])
    imagined = ReferenceBackend(weights).rollout([[-5.0, 0.0], [3.0, 0.0]], [[0.0]], np.zeros((1, 3, 1)))
    # z0 = -5, z1 = 3. z2 = z1 + sign(z0) = 2; z3 = z2 + sign(z1) = 3; z4 = z3 + sign(z2) = 4.
    np.testing.assert_allclose(imagined[0, :, 0], [2, 3, 4], atol=1e-6)


def test_a_block_adds_its_gated_output() -> None:
    weights = still_predictor(history=1)
    weights["in.bias"] = np.array([1.0, 2.0, 3.0])
    weights["out.weight"] = np.eye(2, 3)
    weights["out.bias"] = np.zeros(2)
    weights["blocks.0.modulation.weight"] = np.zeros((9, 4))
    weights["blocks.0.modulation.bias"] = np.repeat([0.0, 0.0, 2.0], 3)  # shift, scale, gate
    weights["blocks.0.up.weight"] = np.zeros((1, 3))
    weights["blocks.0.up.bias"] = np.zeros(1)
    weights["blocks.0.down.weight"] = np.zeros((3, 1))
    weights["blocks.0.down.bias"] = np.array([1.0, 0.0, 0.0])
    (latent,) = ReferenceBackend(weights).rollout([[0.0, 0.0]], np.zeros((0, 1)), np.zeros((1, 1, 1)))[0]
    # h = (1, 2, 3) + 2 · (1, 0, 0) = (3, 2, 3); mean 8/3, variance 2/9; LN = (1, -2, 1) / √2.
    np.testing.assert_allclose(latent, np.array([1, -2]) / np.sqrt(2), rtol=1e-5)


def test_readout_is_a_scaled_squared_distance() -> None:
    term = Readout(
        step_weights=np.array([2.0]),
        matrix=np.array([[1.0, 1.0], [0.0, 2.0]]),
        bias=np.array([0.5, 0.0]),
        target=np.array([2.0, 0.0]),
        scale=np.array([1.0, 10.0]),
    )
    # z = (1.5, 1): A z + b - y = (2.5 + 0.5 - 2, 2 - 0) = (1, 2); 2 · (1 · 1² + 10 · 2²) = 82.
    np.testing.assert_allclose(costs(term, np.zeros((1, 1, 1))), [82])


def test_readout_without_a_matrix_reads_the_first_entries() -> None:
    term = Readout(step_weights=ONE_STEP, target=np.array([0.5]), scale=np.array([3.0]))
    # z[0] = 1.5: 3 · (1.5 - 0.5)² = 3.
    np.testing.assert_allclose(costs(term, np.zeros((1, 1, 1))), [3])


def test_step_weights_pick_the_steps_that_count() -> None:
    term = Readout(step_weights=np.array([0.0, 0.0, 1.0]), target=np.zeros(1), scale=np.ones(1))
    # z[0] after three steps is 2.5, and nothing else counts: 6.25.
    np.testing.assert_allclose(costs(term, np.zeros((1, 3, 1))), [6.25])


def test_smoothness_counts_the_change_from_the_past_action() -> None:
    term = Smoothness(step_weights=np.array([1.0, 10.0]))
    # From 0.25 to 0.75, then to 0.5: 0.5² + 10 · 0.25² = 0.875.
    np.testing.assert_allclose(costs(term, np.array([[[0.75], [0.5]]])), [0.875])


def test_smoothness_without_past_actions_starts_at_the_second_step() -> None:
    backend = ReferenceBackend(still_predictor(history=1))
    term = Smoothness(step_weights=np.ones(2))
    have = backend.costs([[0.0, 0.0]], np.zeros((0, 1)), [[[0.75], [0.25]]], [term])
    np.testing.assert_allclose(have, [0.25])  # 0.5²


def test_action_limits_price_only_the_excess() -> None:
    term = ActionLimits(step_weights=np.ones(2), limit=0.5)
    # 0.25 is free; -0.75 exceeds by 0.25: 0.0625.
    np.testing.assert_allclose(costs(term, np.array([[[0.25], [-0.75]]])), [0.0625])


def test_temporal_distance_is_the_mean_softplus_of_the_outputs() -> None:
    head = DistanceHead(
        {
            "in.weight": np.zeros((1, 2)),
            "goal.weight": np.array([[3.0]]),
            "in.bias": np.array([-6.0]),
            "out.weight": np.array([[1.0], [0.0]]),
            "out.bias": np.array([0.0, 0.0]),
        }
    )
    # Goal 2 cancels the bias: GELU(3 · 2 - 6) = 0, so both outputs are softplus(0) = ln 2.
    term = TemporalDistance(step_weights=ONE_STEP, head=head, goal=np.array([2.0]))
    np.testing.assert_allclose(costs(term, np.zeros((1, 1, 1))), [np.log(2)])
    # Goal 12: GELU(30) = 30; the mean of softplus(30) = 30 and ln 2.
    term = TemporalDistance(step_weights=ONE_STEP, head=head, goal=np.array([12.0]))
    np.testing.assert_allclose(costs(term, np.zeros((1, 1, 1))), [(30 + np.log(2)) / 2])


def test_gelu_and_layer_norm_have_their_known_values() -> None:
    # Φ(1) = 0.8413 to four digits, where the tanh form errs by less than 2e-4.
    assert gelu(np.array(1.0)) == pytest.approx(0.8413, abs=3e-4)
    assert gelu(np.array(-20.0)) == pytest.approx(0.0, abs=1e-12)
    # (1, 3): mean 2, variance 1.
    np.testing.assert_allclose(layer_norm(np.array([1.0, 3.0])), [-1, 1], rtol=1e-6)
