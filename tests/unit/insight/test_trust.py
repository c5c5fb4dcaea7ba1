"""Trust in a model that is exact, and in the same one when the mass answers otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.insight.hindsight import look_back
from wm_robot.insight.trust import Trust, trust_of, without_gaps


@pytest.fixture
def trust(point_mass, point_mass_backend):
    return lambda window, horizon=4: trust_of(
        window, point_mass.action_space, point_mass_backend, horizon, still=0.0
    )


def test_an_exact_model_is_trusted_at_every_horizon(drive, trust):
    found = trust(drive(8))
    np.testing.assert_allclose(found.trust, 1.0)
    # 8 observations, two of them before the first prediction's end: 6 starts one step ahead, 5 two, …
    assert found.count.tolist() == [6, 5, 4, 3]
    assert found.horizon_above(0.99) == 4


def test_a_mass_that_moves_half_as_far_costs_trust_as_computed(drive, trust):
    found = trust(drive(6, answer=lambda action: 0.5 * action))
    # ẑ − z = a, z⁻ − z = a / 2 · … : the error a/2 is as large as the change a/2, so trust is 1 − 1 = 0.
    np.testing.assert_allclose(found.trust, 0.0, atol=1e-9)
    assert found.horizon_above() == 0


def test_the_executed_action_counts_not_the_plan(drive, trust):
    window = drive(5)
    half = [replace(s, executed=0.5 * s.executed) for s in window]
    assert trust(half).trust[0] == pytest.approx(0.75)  # error of half the change: 1 − 0.5²


def test_a_jolt_is_a_surprise(drive, trust):
    steps = iter(range(100))
    noisy = lambda action: action - (0.001 if next(steps) < 6 else 0.05)  # noqa: E731
    surprise = trust(drive(8, answer=noisy)).surprise
    assert surprise == pytest.approx((0.05 / 0.001) ** 2, rel=1e-6)


def test_the_window_ends_where_a_period_is_missing_or_another_episode_begins(drive):
    window = drive(8)
    assert without_gaps(window) == window
    assert without_gaps([*window, window[-1]]) == window
    assert without_gaps(window[:3] + window[4:]) == window[4:]
    assert without_gaps([replace(s, episode=int(s.index > 5)) for s in window])[0].index == 6
    idle = [replace(s, decision=None) if s.index == 2 else s for s in window]
    assert without_gaps(idle) == window[3:]


@pytest.mark.parametrize("periods", [0, 1, 2])
def test_nothing_is_said_before_there_is_a_prediction_to_judge(periods, drive, trust):
    assert trust(drive(periods)) is None


def test_the_horizon_ends_at_the_first_step_below_the_line():
    found = Trust(
        error=np.array([0.1, 0.6, 0.1]), copy_last=np.ones(3), count=np.ones(3, int), surprise=np.nan
    )
    assert [found.horizon_above(line) for line in (0.3, 0.5, 0.95)] == [3, 1, 0]


def test_hindsight_of_an_exact_model_is_what_came(drive, point_mass, point_mass_backend):
    window = drive(8)
    found = look_back(window, point_mass.action_space, point_mass_backend, 3)
    assert [s.index for s in found.seen] == [4, 5, 6, 7]
    np.testing.assert_allclose(found.expected, found.real)
    assert len(look_back(window[:3], point_mass.action_space, point_mass_backend, 3).seen) == 2
    assert look_back(window[:2], point_mass.action_space, point_mass_backend, 3) is None


def test_hindsight_of_another_mass_ends_where_the_actions_would_have_led(
    drive, point_mass, point_mass_backend
):
    window = drive(5, answer=lambda action: 0.5 * action)
    found = look_back(window, point_mass.action_space, point_mass_backend, 2)
    led = window[2].observation.proprio + window[2].executed + window[3].executed
    np.testing.assert_allclose(found.expected[-1, :2], led)
    assert np.linalg.norm(found.real[-1] - found.expected[-1]) > 0.01


def test_of_a_mass_at_rest_nothing_is_said(drive, point_mass, point_mass_backend):
    found = trust_of(drive(6), point_mass.action_space, point_mass_backend, 2)
    # At most 0.1 m a step in two entries and half of it in the others: 0.00625 on average, below 0.03.
    assert 0 < found.copy_last[0] <= 0.00625
    assert np.isnan(found.trust[0])
    assert found.horizon_above() == 2
