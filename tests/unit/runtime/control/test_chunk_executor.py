"""One smooth path in the workspace, however chunks come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wm_robot.core.types import ActionChunk
from wm_robot.robots import Box
from wm_robot.runtime.control.chunk_executor import AHEAD_S, MOST_ACTIONS, STOP_S, ChunkExecutor

LOW, HIGH = np.array([0.3, -0.2, 0.0]), np.array([0.7, 0.2, 0.3])
START = np.array([0.5, 0.0, 0.15])
MAX_AGE_S, DT_S, MS = 1.5, 0.1, 1_000_000


def made(axes=(0, 1, 2)):
    executor = ChunkExecutor(axes, Box(low=tuple(LOW), high=tuple(HIGH)), MAX_AGE_S)
    executor.hold(0, START)
    return executor


def chunk(actions, start_ms=0, observed_ms=0, dt_s=DT_S):
    return ActionChunk(
        observation_stamp_ns=observed_ms * MS,
        start_ns=start_ms * MS,
        dt_s=dt_s,
        actions=np.asarray(actions, dtype=float),
    )


def along_x(*dx):
    return [[x, 0.0, 0.0] for x in dx]


def at(executor, ms):
    return executor(ms * MS, ms * MS)[0]


def test_actions_are_carried_out_in_their_periods():
    executor = made()
    assert executor.add(0, chunk(along_x(0.02, 0.02, -0.01))) == ""
    # The knots at 0.1, 0.2 and 0.3 s are the running sums.
    np.testing.assert_allclose([at(executor, ms).p[0] for ms in (100, 200, 300)], [0.52, 0.54, 0.53])


def test_a_path_ends_at_rest_where_its_chunk_ends():
    executor = made()
    executor.add(0, chunk(along_x(0.02, 0.02)))
    end = at(executor, 5000)
    np.testing.assert_allclose(end.p - START, [0.04, 0, 0], atol=1e-12)
    assert not end.v.any()


def test_actions_displace_the_axes_they_name():
    executor = made(axes=(2, 0))
    executor.add(0, chunk([[0.01, 0.03]]))
    np.testing.assert_allclose(at(executor, 100).p - START, [0.03, 0.0, 0.01])


def test_a_late_chunk_loses_what_is_over():
    executor = made()
    # 130 ms late: the first action is over, and 30 % of the second one.
    assert executor.add(130 * MS, chunk(along_x(0.02, 0.02, 0.02))) == ""
    np.testing.assert_allclose(at(executor, 300).p[0], 0.5 + 0.7 * 0.02 + 0.02)


def test_the_scrap_of_an_action_is_no_stretch_of_the_path():
    executor = made()
    assert executor.add(90 * MS, chunk(along_x(0.02, 0.02))) == ""  # 10 ms are left of the first action
    np.testing.assert_allclose(at(executor, 100).p, START)
    np.testing.assert_allclose(at(executor, 200).p[0], 0.52)


def test_an_early_chunk_waits_and_leaves_the_old_path_alone_until_then():
    executor, undisturbed = made(), made()
    for each in (executor, undisturbed):
        each.add(0, chunk(along_x(0.02, -0.01, 0.02, 0.02)))
    executor.add(50 * MS, chunk(along_x(-0.02), start_ms=350, observed_ms=40))
    for ms in range(50, 350, 7):
        np.testing.assert_allclose(at(executor, ms).p, at(undisturbed, ms).p, atol=1e-12)
    np.testing.assert_allclose(at(executor, 450).p[0], at(undisturbed, 350).p[0] - 0.02)


@pytest.mark.parametrize(
    ("now_ms", "late", "says"),
    [
        (1600, chunk(along_x(0.01), start_ms=1600), "1.60 s old"),
        (300, chunk(along_x(0.01, 0.01), start_ms=100, observed_ms=100), "after its own end"),
        (0, chunk(along_x(0.01), observed_ms=round(AHEAD_S * 2000)), "from the future"),
    ],
)
def test_what_comes_at_the_wrong_time_is_dropped_and_moves_nothing(now_ms, late, says):
    executor = made()
    assert says in executor.add(now_ms * MS, late)
    np.testing.assert_array_equal(at(executor, now_ms + 500).p, START)


def test_chunks_out_of_order_and_duplicates_are_dropped():
    executor = made()
    newer = chunk(along_x(0.02, 0.02), observed_ms=100, start_ms=100)
    assert executor.add(100 * MS, newer) == ""
    for other in (newer, chunk(along_x(-0.02, -0.02, -0.02), observed_ms=50, start_ms=50)):
        assert "not newer" in executor.add(120 * MS, other)
    np.testing.assert_allclose(at(executor, 300).p[0], 0.54)


@pytest.mark.parametrize(
    "bad",
    [
        chunk(np.empty((0, 3))),
        chunk(np.zeros((MOST_ACTIONS + 1, 3))),
        chunk(np.zeros((2, 1))),  # would move all axes alike
        chunk(np.zeros((2, 4))),
        chunk(np.zeros(3)),
        chunk(along_x(np.nan)),
        chunk(along_x(np.inf)),
        *(chunk(along_x(0.01), dt_s=dt_s) for dt_s in (0.0, -0.1, 1e-12, 1e300, np.inf, np.nan)),
    ],
)
def test_what_is_no_chunk_is_told(bad):
    assert "valid" in made().problem(bad) or "NaN" in made().problem(bad)


def test_the_path_stops_within_a_quarter_of_a_second_when_chunks_fail_to_come():
    executor = made()
    executor.add(0, chunk(along_x(*[0.005] * 60)))  # six seconds' worth
    assert executor(1500 * MS, 1500 * MS)[1] == ""
    knot, event = executor(1501 * MS, 1501 * MS)
    assert "comes to rest" in event
    rest = at(executor, 1501 + round(STOP_S * 1000))
    assert not rest.v.any()
    np.testing.assert_allclose(rest.p, knot.p + knot.v * STOP_S / 2)
    np.testing.assert_allclose(at(executor, 9000).p, rest.p)


def test_a_path_along_the_edge_stays_in_the_workspace():
    executor = made()
    executor.add(0, chunk([[0.09, 0.01, 0.0]] * 8))  # 0.72 m of 0.2 m
    path = np.array([at(executor, ms).p for ms in range(900)])
    assert path.max(axis=0)[0] <= HIGH[0] + 1e-9
    np.testing.assert_allclose(path[-1], [0.7, 0.08, 0.15])


def test_a_chunk_that_would_swing_out_of_the_workspace_joins_later():
    executor = made()
    executor.add(0, chunk(along_x(0.098, 0.098)))  # comes to rest 4 mm before the edge, at 200 ms
    # At 160 ms it is 2.5 cm before the edge at 1.2 m/s: to end an action of 0.1 s where it is leads out.
    assert executor.add(160 * MS, chunk(along_x(0.0, 0.0, -0.02), start_ms=160, observed_ms=160)) == ""
    path = np.array([at(executor, ms).p[0] for ms in range(160, 700)])
    assert path.max() <= HIGH[0] + 1e-9
    np.testing.assert_allclose(path[-1], 0.5 + 2 * 0.098 - 0.02)


def test_a_path_that_begins_outside_comes_in():
    executor = ChunkExecutor((0, 1, 2), Box(low=tuple(LOW), high=tuple(HIGH)), MAX_AGE_S)
    executor.hold(0, np.array([0.705, 0.0, 0.15]))
    assert executor.add(0, chunk(along_x(0.0, -0.02))) == ""
    np.testing.assert_allclose([at(executor, ms).p[0] for ms in (100, 200)], [0.7, 0.68])


TICK_MS = 4
ARRIVALS = st.lists(
    st.tuples(
        st.integers(1, 100),  # ticks since the last chunk
        st.integers(-12, 75),  # ticks from its start to its arrival
        st.integers(0, 425),  # ticks from its observation to its arrival
        st.integers(1, 12),  # actions
        st.integers(0, 2**31),  # of their seed
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(arrivals=ARRIVALS, largest=st.sampled_from([0.005, 0.02, 0.1]))
def test_however_chunks_come_the_path_is_twice_differentiable_and_in_the_workspace(arrivals, largest):
    executor, now_ms = made(), 0
    # The shortest stretch lasts 25 ms. A quintic over T s that displaces by 0.1 m, and takes a v of 8 m/s
    # (twice 0.1 m in 25 ms) away, has a jerk of 60 · 0.1 / T³ + 60 · 8 / T² = 1.2e6 m/s³ at most; the
    # a that it takes away, 9 a / T, is one of 10 / √3 · 0.1 / T² + … = 3e3 m/s², adds 1.1e6. Within 1 ns:
    most = {"p": 1e-7, "v": 1e-5, "a": 3e6 * 1e-9}

    def same(one, other):
        return all(np.abs(getattr(one, x) - getattr(other, x)).max() <= most[x] for x in "pva")

    def advance(until_ms):
        nonlocal now_ms
        while now_ms < until_ms:  # every knot is at a multiple of a tick
            just_before = executor(now_ms * MS - 1, now_ms * MS - 1)[0]
            here = at(executor, now_ms)
            assert same(here, just_before) or now_ms == last_join_ms
            assert (here.p >= LOW - 1e-9).all()
            assert (here.p <= HIGH + 1e-9).all()
            now_ms += TICK_MS

    last_join_ms = 0  # before which the executor forgets the path
    for wait, late, age, count, seed in arrivals:
        advance(now_ms + wait * TICK_MS)
        actions = np.random.default_rng(seed).uniform(-largest, largest, (count, 3))
        told = chunk(actions, (now_ms - late * TICK_MS), (now_ms - age * TICK_MS))
        before = at(executor, now_ms)
        executor.add(now_ms * MS, told)
        assert same(before, at(executor, now_ms))
        last_join_ms = now_ms
    advance(now_ms + 3500)
    assert not at(executor, now_ms).v.any()
