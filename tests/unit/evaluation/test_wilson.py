"""The interval of a success rate."""

import pytest

from wm_robot.core.errors import WmrError
from wm_robot.evaluation.wilson import wilson_interval


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # With z = 1.96 (z² = 3.8416): centre (p + z²/2n)/(1 + z²/n), half width z/(1 + z²/n) ·
        # √(p(1−p)/n + z²/4n²). For 5 of 10: 0.5 ± 1.96/1.38416 · √(0.025 + 0.009604) = 0.5 ± 0.2634.
        (5, 10, 0.2366, 0.7634),
        # For 0 of n the upper end is z²/(n + z²) = 3.8416/13.8416, for n of n the lower one n/(n + z²).
        (0, 10, 0.0, 0.2775),
        (200, 200, 200 / 203.8415, 1.0),
        # 0.98: (0.98 + 0.009604)/1.019208 ± 1.96/1.019208 · √(0.000098 + 0.00002401) = 0.97095 ± 0.02124.
        (196, 200, 0.9497, 0.9922),
    ],
)
def test_the_interval_agrees_with_values_worked_out_by_hand(successes, trials, low, high):
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize("trials", [1, 7, 200])
def test_the_interval_is_symmetric_and_holds_the_rate(trials):
    for successes in range(trials + 1):
        low, high = wilson_interval(successes, trials)
        assert 0 <= low <= successes / trials <= high <= 1
        mirrored = wilson_interval(trials - successes, trials)
        assert mirrored == pytest.approx((1 - high, 1 - low))


def test_impossible_counts_are_refused():
    for successes, trials in ((0, 0), (3, 2), (-1, 5)):
        with pytest.raises(WmrError, match="valid: 0 to the number of trials"):
            wilson_interval(successes, trials)
