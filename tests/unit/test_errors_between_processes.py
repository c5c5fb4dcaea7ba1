"""Errors of worker processes."""

import pickle

import pytest

from wm_robot.core.errors import MissingDependencyError, NotFiniteError, ShapeError, UnknownNameError
from wm_robot.runtime.observation_check import StaleObservationError


@pytest.mark.parametrize(
    "error",
    [
        UnknownNameError("planner", "cme", ["cem"]),
        ShapeError("action", (3,), (2,)),
        NotFiniteError("state", ["x"]),
        MissingDependencyError("trimesh", "fitting", "assets"),
        StaleObservationError(1, 2),
    ],
)
def test_an_error_says_the_same_after_it_crossed_a_process_border(error):
    crossed = pickle.loads(pickle.dumps(error))
    assert type(crossed) is type(error)
    assert str(crossed) == str(error)
