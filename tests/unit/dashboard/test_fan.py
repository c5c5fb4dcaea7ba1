"""The candidates in the scene."""

import numpy as np
import pytest

pytest.importorskip("viser")
from wm_robot.dashboard.fan import graded


def test_candidates_are_coloured_by_rank_cheap_ones_bright():
    colours = graded(np.array([5.0, 1.0, np.inf]))
    brightness = colours.sum(axis=1)
    assert brightness[1] > brightness[0] > brightness[2]
