import threading

import pytest
from wm_sim.paced_clock import PacedClock

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import WmrError

SECOND_NS = 1_000_000_000


@pytest.fixture
def steady():
    return SimulatedClock(50 * SECOND_NS)


def wait(steady, seconds):
    steady.sleep_until_ns(steady.now_ns() + round(seconds * SECOND_NS))


def test_time_begins_at_one_second_because_0_means_no_time(steady):
    assert PacedClock(steady=steady).now_ns() == SECOND_NS


def test_time_passes_as_many_times_faster_as_the_factor_says(steady):
    clock = PacedClock(0.5, steady=steady)
    wait(steady, 3.0)
    assert clock.now_ns() == 2_500_000_000  # 1 + 3 · 0.5


def test_a_paused_clock_stands_and_goes_on_from_there(steady):
    clock = PacedClock(steady=steady)
    wait(steady, 1.0)
    clock.pause()
    clock.pause()
    wait(steady, 5.0)
    assert clock.paused
    assert clock.now_ns() == 2 * SECOND_NS
    clock.resume()
    assert clock.now_ns() == 2 * SECOND_NS
    wait(steady, 0.25)
    clock.resume()  # of a clock that runs: nothing
    assert clock.now_ns() == 2_250_000_000


def test_a_paused_clock_is_stepped_and_one_that_runs_is_not(steady):
    clock = PacedClock(steady=steady)
    with pytest.raises(WmrError, match="pause it"):
        clock.step(1)
    clock.pause()
    clock.step(40_000_000)
    assert clock.now_ns() == 1_040_000_000
    with pytest.raises(WmrError, match="set the clock back"):
        clock.step(-1)
    clock.resume()
    assert clock.now_ns() == 1_040_000_000


def test_sleeping_lasts_until_the_simulated_stamp(steady):
    clock = PacedClock(0.3, steady=steady)
    clock.sleep_until_ns(1_600_000_001)
    assert clock.now_ns() >= 1_600_000_001
    assert steady.now_ns() == pytest.approx(52 * SECOND_NS, abs=10)  # 0.6 s at a factor of 0.3
    clock.sleep_until_ns(SECOND_NS)  # in the past
    assert steady.now_ns() == pytest.approx(52 * SECOND_NS, abs=10)


def test_who_sleeps_on_a_paused_clock_is_woken_by_the_step_that_reaches_the_stamp():
    clock, woken = PacedClock(), []
    clock.pause()
    end_ns = clock.now_ns() + 100
    sleeper = threading.Thread(target=lambda: (clock.sleep_until_ns(end_ns), woken.append(clock.now_ns())))
    sleeper.start()
    clock.step(99)
    sleeper.join(0.05)
    assert sleeper.is_alive()
    clock.step(1)
    sleeper.join(10.0)
    assert woken == [end_ns]


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), 1000.0])
def test_a_factor_out_of_bounds_is_refused(factor):
    with pytest.raises(WmrError, match=r"valid: 0.01 to 20"):
        PacedClock(factor)
