"""Stamps of another machine's clock on this one's."""

import numpy as np
from wm_hardware.remote_clock import RemoteClock

MS = 1_000_000


def test_the_smallest_delay_decides_and_stamps_never_go_back() -> None:
    clock, rng = RemoteClock(), np.random.default_rng(0)
    ahead_ns = 5_000 * MS  # local time is remote time and five seconds
    stamps = []
    for i in range(500):
        remote_ns = i * 2 * MS
        delay_ns = MS // 4 + int(rng.exponential(3 * MS))
        stamps.append(clock.to_local(remote_ns, remote_ns + ahead_ns + delay_ns))
    assert stamps == sorted(stamps)
    # The smallest of 500 exponential delays of mean 3 ms is 6 µs on average, and above 60 µs once in 20,000.
    assert 0 <= stamps[-1] - (499 * 2 * MS + ahead_ns) - MS // 4 < 60_000


def test_a_remote_clock_that_stands_still_grows_old() -> None:
    clock = RemoteClock(window_s=1.0)
    later = [clock.to_local(70 * MS, (1_000 + i) * MS) for i in range(0, 5_000, 100)]
    assert later == [1_000 * MS] * 50


def test_clocks_that_drift_apart_are_followed() -> None:
    clock = RemoteClock(window_s=1.0)
    # The remote clock runs 1 % slow: after 10 s it is 100 ms behind its first offset. The minimum is at most
    # two windows old, and so 20 ms.
    stamps = [clock.to_local(round(i * 10 * MS * 0.99), i * 10 * MS) for i in range(1, 1001)]
    assert 0 <= 10_000 * MS - stamps[-1] <= 21 * MS


def test_a_remote_clock_that_jumps_back_is_old() -> None:
    clock = RemoteClock()
    before_ns = clock.to_local(1_000 * MS, 2_000 * MS)
    assert clock.to_local(10 * MS, 2_002 * MS) == before_ns
