"""How evenly a loop cycles."""

import pytest

from wm_robot.runtime.control.period_errors import PeriodErrors

MS = 1_000_000


def test_a_period_is_wrong_by_as_much_as_it_is_too_long_or_too_short():
    errors = PeriodErrors(10 * MS)
    for now_ns in (0, 10 * MS, 23 * MS, 32 * MS):  # periods of 10, 13 and 9 ms: errors 0, 3 and 1
        errors.add(now_ns)
    assert errors.percentiles_s(0, 50, 100) == pytest.approx((0.0, 0.001, 0.003))


def test_nothing_is_wrong_before_the_second_cycle():
    errors = PeriodErrors(10 * MS)
    errors.add(5 * MS)
    assert errors.percentiles_s(50, 99) == (0.0, 0.0)


def test_errors_are_forgotten_after_as_many_periods_as_are_looked_at():
    errors = PeriodErrors(10 * MS, count=2)
    for now_ns in (0, 50 * MS, 60 * MS, 70 * MS):  # the first, of 50 ms, is the third last
        errors.add(now_ns)
    assert errors.percentiles_s(100) == (0.0,)
