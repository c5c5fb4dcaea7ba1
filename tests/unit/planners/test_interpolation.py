"""Knots to actions."""

import numpy as np
import pytest

from wm_robot.core.errors import UnknownNameError
from wm_robot.planners.interpolation import interpolation_matrix


def test_held_knots_fill_blocks_as_even_as_possible():
    # floor(h · 2 / 5) for h = 0 … 4 is 0, 0, 0, 1, 1.
    actions = interpolation_matrix("zero_order", 5, 2) @ np.array([3.0, 7.0])
    np.testing.assert_array_equal(actions, [3, 3, 3, 7, 7])


def test_linear_knots_are_joined_by_straight_lines():
    # Knots at steps 0, 2 and 4; halfway between 0 and 4 is 2, between 4 and 2 is 3.
    actions = interpolation_matrix("linear", 5, 3) @ np.array([0.0, 4.0, 2.0])
    np.testing.assert_allclose(actions, [0, 2, 4, 3, 2])


@pytest.mark.parametrize("kind", ["zero_order", "linear"])
def test_one_knot_is_held_and_as_many_knots_as_steps_are_the_actions(kind):
    np.testing.assert_array_equal(interpolation_matrix(kind, 4, 1), np.ones((4, 1)))
    np.testing.assert_allclose(interpolation_matrix(kind, 4, 4), np.eye(4), atol=1e-15)


def test_an_unknown_kind_names_the_valid_ones():
    with pytest.raises(UnknownNameError, match="unknown interpolation 'cubic'; valid: linear, zero_order"):
        interpolation_matrix("cubic", 4, 2)  # type: ignore[arg-type]
