"""What a joint state message becomes, without a network: every expected number is on paper."""

import numpy as np
import pytest
from wm_hardware.ros_joint_states import JointStateDecoder
from wm_hardware.ros_stamps import RosStamps

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError, WmrError

ros_messages = pytest.importorskip("wm_hardware.ros_messages", exc_type=ImportError)

STEADY_NS, SYSTEM_NS = 5_000_000_000, 1_800_000_000_000_000_000  # 5 s after the start, in the year 2027


def message(age_s=0.0, name=("b", "x", "a"), position=(0.2, 9.0, 0.1), velocity=(0.02, 9.0, 0.01)):
    sec, nanosec = divmod(SYSTEM_NS - round(age_s * 1e9), 1_000_000_000)
    header = ros_messages.Header(stamp=ros_messages.Time(sec=sec, nanosec=nanosec))
    return ros_messages.JointState(
        header=header, name=list(name), position=list(position), velocity=list(velocity)
    )


@pytest.fixture
def stamps():
    return RosStamps(SimulatedClock(STEADY_NS), max_future_s=0.05, system_ns=lambda: SYSTEM_NS)


@pytest.fixture
def decoder(stamps):
    return JointStateDecoder(("a", "b"), ("a", "b"), stamps)


def test_joints_are_found_by_name_among_foreign_ones_and_the_stamp_is_put_on_the_steady_clock(decoder):
    decoder.accept(message(age_s=0.25))
    assert decoder.fault == ""
    np.testing.assert_array_equal(decoder.state.q, [0.1, 0.2])
    np.testing.assert_array_equal(decoder.state.v, [0.01, 0.02])
    assert decoder.state.stamp_ns == STEADY_NS - 250_000_000


@pytest.mark.parametrize("velocity", [(), (np.nan, 9.0, np.nan)], ids=["missing", "NaN"])
def test_a_velocity_that_is_not_measured_is_the_difference_of_positions_over_stamps(decoder, velocity):
    decoder.accept(message(age_s=0.5, velocity=velocity))
    np.testing.assert_array_equal(decoder.state.v, [0.0, 0.0])
    decoder.accept(message(age_s=0.25, position=(0.4, 9.0, 0.0), velocity=velocity))
    # a: (0.0 − 0.1) / 0.25 s, b: (0.4 − 0.2) / 0.25 s
    np.testing.assert_allclose(decoder.state.v, [-0.4, 0.8], rtol=1e-12)


def test_a_velocity_that_one_joint_lacks_leaves_the_others_as_they_were_measured(decoder):
    decoder.accept(message(age_s=0.5))
    decoder.accept(message(age_s=0.25, position=(0.4, 9.0, 0.0), velocity=(np.nan, 9.0, 0.7)))
    np.testing.assert_allclose(decoder.state.v, [0.7, 0.8], rtol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"position": (0.2, 9.0, np.nan)}, "in a;"),
        ({"position": (np.inf, 9.0, 0.1)}, "in b;"),
        ({"position": (0.2, 9.0)}, "3 names, 2 positions and 3 velocities"),
        ({"velocity": (0.2, 9.0)}, "3 names, 3 positions and 2 velocities"),
        ({"name": ("b", "x", "y")}, "unknown joint 'a'"),
        ({"name": ("b", "b", "a")}, "b is named twice"),
        ({"age_s": -0.06}, "0.060 s ahead of this machine's system clock"),
        ({"age_s": SYSTEM_NS * 1e-9}, "no stamp"),
    ],
)
def test_a_message_that_cannot_be_trusted_is_a_fault_and_leaves_the_old_state(decoder, wrong, reason):
    decoder.accept(message(age_s=0.5))
    before = decoder.state
    decoder.accept(message(**{"age_s": 0.25} | wrong))
    assert decoder.state is before
    assert reason in decoder.fault
    decoder.accept(message(age_s=0.2))
    assert decoder.fault == ""
    assert decoder.state.stamp_ns == STEADY_NS - 200_000_000


def test_a_foreign_position_may_be_nan(decoder):
    decoder.accept(message(position=(0.2, np.nan, 0.1)))
    assert decoder.fault == ""
    np.testing.assert_array_equal(decoder.state.q, [0.1, 0.2])


def test_messages_about_foreign_joints_alone_are_passed_over(decoder):
    decoder.accept(message())
    before = decoder.state
    decoder.accept(message(name=("finger",), position=(np.nan,), velocity=()))
    assert decoder.state is before
    assert decoder.fault == ""
    assert decoder.foreign == ("finger",)


def test_messages_that_are_no_newer_are_dropped_and_counted(decoder, stamps):
    for age_s, q in ((0.5, 0.1), (0.25, 0.2), (0.25, 0.3), (0.4, 0.4)):
        decoder.accept(message(age_s=age_s, position=(0.0, 0.0, q)))
    assert decoder.state.q[0] == 0.2
    assert decoder.fault == ""
    assert stamps.out_of_order == 2


def test_a_stamp_a_little_ahead_counts_as_now(stamps):
    assert stamps.place(SYSTEM_NS + 50_000_000) == STEADY_NS


def test_a_system_clock_that_is_set_shows_as_age_and_never_as_fresh_data():
    system = [SYSTEM_NS]
    stamps = RosStamps(SimulatedClock(STEADY_NS), max_future_s=0.05, system_ns=lambda: system[0])
    assert stamps.place(SYSTEM_NS - 1_000_000) == STEADY_NS - 1_000_000
    system[0] += 1_000_000_000  # forward by 1 s, between two messages 2 ms apart
    assert stamps.place(SYSTEM_NS + 1_000_000) == STEADY_NS - 999_000_000
    system[0] -= 3_000_000_000  # back by 3 s
    with pytest.raises(DriverError, match=r"2\.003 s ahead"):
        stamps.place(SYSTEM_NS + 3_000_000)


def test_a_clock_that_advances_in_steps_makes_no_stamp_older_than_the_one_before():
    system, clock = [SYSTEM_NS], SimulatedClock(STEADY_NS)
    stamps = RosStamps(clock, max_future_s=0.05, system_ns=lambda: system[0])
    assert stamps.place(SYSTEM_NS - 1_000_000) == STEADY_NS - 1_000_000
    clock.sleep_until_ns(STEADY_NS + 2_000_000)
    system[0] += 10_000_000  # its step of 10 ms has come since: the next, 2 ms on, would be 7 ms too old
    assert stamps.place(SYSTEM_NS + 1_000_000) == STEADY_NS - 1_000_000


def test_a_negative_tolerance_is_refused():
    with pytest.raises(WmrError, match="max_future_s"):
        RosStamps(SimulatedClock(), max_future_s=-0.1)
