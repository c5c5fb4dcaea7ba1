"""Axes have numbers that people can read."""

import pytest

from wm_robot.dashboard.axes import spaced


def test_ticks_are_round_and_within():
    assert spaced(0.0, 10.0) == [0, 2, 4, 6, 8, 10]
    assert spaced(-1.0, 1.0) == pytest.approx([-1, -0.5, 0, 0.5, 1])
