"""ROS time and steady time."""

from types import SimpleNamespace

from wm_robot_ros.ros_time import OrderedStamps, RosTime, fill, nanoseconds

from wm_robot.core.clock import SimulatedClock

STEADY_NS, ROS_NS, MS = 5_000_000_000, 1_700_000_000_000_000_000, 1_000_000


class Clocks:
    """A steady clock and ROS time, which another may set."""

    def __init__(self):
        self.steady, self.ros_ns = SimulatedClock(STEADY_NS), ROS_NS
        self.time = RosTime(lambda: self.ros_ns, self.steady)

    def pass_by(self, ns, ros_ns=None):
        self.steady.sleep_until_ns(self.steady.now_ns() + ns)
        self.ros_ns += ns if ros_ns is None else ros_ns


def test_a_stamp_is_as_old_on_the_one_clock_as_on_the_other():
    time = Clocks().time
    assert time.to_steady(ROS_NS - 30 * MS) == STEADY_NS - 30 * MS
    assert time.to_ros(STEADY_NS - 30 * MS) == ROS_NS - 30 * MS
    assert time.to_steady(ROS_NS + 30 * MS) == STEADY_NS + 30 * MS


def test_no_stamp_stays_no_stamp():
    time = Clocks().time
    assert time.to_steady(0) == time.to_ros(0) == 0


def test_nothing_is_said_to_be_from_before_the_beginning_of_ros_time():
    clocks = Clocks()
    clocks.ros_ns = 10 * MS  # a simulated clock that has just begun
    assert clocks.time.to_ros(STEADY_NS - 30 * MS) == 0


def test_the_same_stamp_stays_where_it_was_put_though_clocks_are_slewed():
    clocks = Clocks()
    stamps = OrderedStamps(clocks.time.to_steady, clocks.steady.now_ns)
    placed = stamps.place(ROS_NS - 30 * MS)
    clocks.pass_by(40 * MS, 41 * MS)
    assert stamps.place(ROS_NS - 30 * MS) == placed


def test_a_later_stamp_is_never_put_before_an_earlier_one():
    clocks = Clocks()
    stamps = OrderedStamps(clocks.time.to_steady, clocks.steady.now_ns)
    placed = stamps.place(ROS_NS)
    clocks.pass_by(10 * MS, 20 * MS)  # ROS time went ahead: what is 5 ms later looks 15 ms old
    assert stamps.place(ROS_NS + 5 * MS) == placed


def test_an_earlier_stamp_is_put_before_a_later_one_though_it_would_be_fresh():
    clocks = Clocks()
    stamps = OrderedStamps(clocks.time.to_steady, clocks.steady.now_ns)
    placed = stamps.place(ROS_NS)
    clocks.pass_by(10 * MS, -ROS_NS + 100 * MS)  # the simulated clock began anew
    assert stamps.place(100 * MS) == placed - 1
    clocks.pass_by(50 * MS)
    assert stamps.place(150 * MS) == STEADY_NS + 60 * MS


def test_a_stamp_that_is_early_counts_as_now():
    clocks = Clocks()
    assert (
        OrderedStamps(clocks.time.to_steady, clocks.steady.now_ns).place(ROS_NS + 3600 * 10**9) == STEADY_NS
    )


def test_a_message_stamp_comes_back_as_it_was_filled():
    stamp = SimpleNamespace(sec=0, nanosec=0)
    fill(stamp, ROS_NS + 7)
    assert (stamp.sec, stamp.nanosec) == (1_700_000_000, 7)
    assert nanoseconds(stamp) == ROS_NS + 7
