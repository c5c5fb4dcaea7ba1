import numpy as np
import pytest
from wm_controllers.filters.decision import Reason
from wm_controllers.filters.safety_config import SafetyConfig
from wm_controllers.filters.safety_filter import SafetyFilter
from wm_controllers.kinematics import load_arm
from wm_sim.scene import model_path

from wm_robot.core.errors import NotFiniteError, WmrError
from wm_robot.core.types import JointCommand
from wm_robot.robots import Box, get_robot

ROOM = Box(low=(-2.0, -2.0, 0.0), high=(2.0, 2.0, 2.0))
PANDA = get_robot("panda")
HOME = np.array(PANDA.home)
DT = 1 / PANDA.control_rate_hz
REST = np.zeros(7)


@pytest.fixture(scope="module")
def arms():
    return {
        name: load_arm(model_path(get_robot(name)), get_robot(name)) for name in ("panda", "ur5e", "so101")
    }


@pytest.fixture
def safety(arms):
    """A panda in an open room, past its ramp."""
    return started(arms["panda"], SafetyConfig(workspace=ROOM, ramp_s=0.0))


def started(arm, config):
    safety = SafetyFilter(arm, config, dt=1 / arm.robot.control_rate_hz)
    safety.reset(arm.robot.home)
    return safety


def command(q, v=REST, stamp_ns=1, names=PANDA.joint_names):
    return JointCommand(stamp_ns=stamp_ns, joint_names=names, q=q, v=v)


def turning(speed, periods):
    """The first joint from rest to a constant speed, rad/s: within limits for speeds below 1.2."""
    q = HOME.copy()
    for k in range(periods):
        share = min(k / 100, 1.0)
        v = REST.copy()
        v[0] = speed * (3 * share**2 - 2 * share**3)
        q = q + v * DT
        yield command(q, v, stamp_ns=k + 1)


def test_a_smooth_command_passes_as_it_is(safety):
    amplitude, w = 0.1, 1.5
    for k in range(500):
        t = (k + 1) * DT
        q = HOME + amplitude * np.sin(w * t) ** 3
        v = np.full(7, 3 * amplitude * w * np.sin(w * t) ** 2 * np.cos(w * t))
        decision = safety(command(q, v, stamp_ns=k + 1))
        assert decision.reasons == ()
        # A third-order follower with its poles at w = 75/s is off by |j*| / w³, and a*, known half a period
        # late, adds 3/2 dt |j*| / w². With |j*| ≤ 27/4 A ω³ ≈ 2.3 rad/s³: 5e-6 + 2e-6 rad.
        assert np.abs(decision.q - q).max() < 1e-5


def test_speed_grows_from_nothing_after_a_start(arms):
    safety = started(arms["panda"], SafetyConfig(workspace=ROOM, ramp_s=0.5))
    target = HOME + np.array([1.5, 0, 0, 0, 0, 0, 0])
    for k in range(125):
        decision = safety(command(target, stamp_ns=k + 1))
        limit = np.array(PANDA.max_velocity) * (k + 1) * DT / 0.5
        assert np.all(np.abs(decision.v) <= limit)
        assert (Reason.RAMP in decision.reasons) == (k < 124)
    assert decision.v[0] > 0.5


def test_a_share_of_the_speed_is_kept(arms):
    safety = started(arms["panda"], SafetyConfig(workspace=ROOM, ramp_s=0.0, speed=0.1))
    target = HOME + np.array([1.5, 0, 0, 0, 0, 0, 0.5])
    fastest = np.max([safety(command(target, stamp_ns=k + 1)).v for k in range(200)], axis=0)
    assert np.all(fastest <= 0.1 * np.array(PANDA.max_velocity))
    # 0.98 of the limit is used of each.
    assert fastest[0] == pytest.approx(0.098 * 2.175, rel=0.01)


def test_a_stop_takes_as_long_as_jerk_and_acceleration_need(safety):
    for asked in turning(1.0, 200):
        decision = safety(asked)
    assert decision.v[0] == pytest.approx(1.0, abs=1e-3)
    periods = 0
    while not safety.at_rest:
        assert safety.brake().reasons == (Reason.STOP,)
        periods += 1
    # v/A + A/J with 98 % of A = 15 and J = 750: 1/14.7 + 14.7/735 = 0.088 s = 22 periods.
    assert periods in {22, 23}
    stood = safety.motion.q
    np.testing.assert_array_equal(safety.brake().q, stood)


def test_near_a_singularity_the_arm_is_slow(arms):
    safety = started(arms["ur5e"], SafetyConfig(ramp_s=0.0, workspace=ROOM))
    straight = np.array(get_robot("ur5e").home)
    straight[4] = 0.05  # wrist 2: at 0 the axes of wrists 1 and 3 are parallel
    names, slow = get_robot("ur5e").joint_names, []
    for k in range(1500):
        asked = JointCommand(stamp_ns=k + 1, joint_names=names, q=straight, v=np.zeros(6))
        decision = safety(asked)
        if Reason.SINGULARITY in decision.reasons:
            slow.append(np.abs(decision.v).max())
    assert len(slow) > 100
    assert slow[-1] < 0.2 * np.pi


BAD = {
    "not a number": command(HOME + np.array([0, np.nan, 0, 0, 0, 0, 0])),
    "infinite speed": command(HOME, REST + np.inf),
    "missing joint": command(HOME[1:], REST[1:], names=PANDA.joint_names[1:]),
    "foreign joint": command(HOME, names=(*PANDA.joint_names[:-1], "elbow")),
    "joint too many": command(np.zeros(8), np.zeros(8), names=(*PANDA.joint_names, "elbow")),
    "named twice": command(HOME, names=(PANDA.joint_names[0], *PANDA.joint_names[:-1])),
    "shape": command(np.zeros((7, 2))),
    "text": command("home"),
    "nothing": command(None),
    "no names": command(HOME, names=None),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_command_that_is_none_stops_the_arm(safety, bad):
    for asked in turning(0.5, 150):
        safety(asked)
    speeds = []
    for _ in range(60):
        decision = safety(bad)
        assert decision.reasons == (Reason.INVALID,)
        speeds.append(decision.v[0])
    assert np.all(np.diff(speeds) <= 0)
    assert safety.at_rest


def test_a_stamp_that_goes_back_leaves_the_older_target(safety):
    for asked in turning(0.5, 150):
        target = safety(asked) and asked.q
    for _ in range(150):
        decision = safety(command(target + 0.5, stamp_ns=150))
        assert Reason.OUT_OF_ORDER in decision.reasons
    np.testing.assert_allclose(decision.q, target, atol=1e-4)


def test_a_target_beyond_a_limit_is_approached_as_far_as_the_limit(safety):
    upper = np.array(PANDA.upper)
    target = np.where(np.arange(7) == 0, 1e300, HOME)
    for k in range(1500):
        decision = safety(command(target, stamp_ns=k + 1))
        assert Reason.POSITION in decision.reasons
    assert decision.q[0] == pytest.approx(upper[0] - SafetyConfig().soft_position_rad, abs=1e-3)


@pytest.mark.parametrize("name", ["panda", "ur5e", "so101"])
def test_an_arm_that_is_pushed_against_the_table_comes_to_rest_above_it(arms, name):
    arm = arms[name]
    robot, safety = arm.robot, started(arm, SafetyConfig(ramp_s=0.1))
    X = arm.place(np.array(robot.home))
    # By the Jacobian, 0.2 m down from where the tool is.
    R = X.rotation
    step = np.linalg.pinv(R @ arm.jacobian()[:3]) @ np.array([0, 0, -0.2])
    target = np.array(robot.home) + step
    reasons = []
    for k in range(round(6 * robot.control_rate_hz)):
        decision = safety(
            JointCommand(stamp_ns=k + 1, joint_names=robot.joint_names, q=target, v=np.zeros(robot.nq))
        )
        reasons += decision.reasons
    assert Reason.BARRIER in reasons
    assert Reason.UNSAFE not in reasons  # a smooth approach: the stop at hand is not needed
    assert np.abs(decision.v).max() < 1e-3
    # It ends where the barriers do, at the soft distance of 3 mm.
    assert safety.clearances.exact(decision.q).min() == pytest.approx(0.003, abs=2e-4)
    # … and from there it still gets away.
    for k in range(round(4 * robot.control_rate_hz)):
        decision = safety(
            JointCommand(
                stamp_ns=10000 + k,
                joint_names=robot.joint_names,
                q=np.array(robot.home),
                v=np.zeros(robot.nq),
            )
        )
    np.testing.assert_allclose(decision.q, robot.home, atol=0.01)


def test_without_a_safe_step_the_arm_stops_and_the_command_is_not_passed_on(safety, monkeypatch):
    for asked in turning(0.5, 150):
        safety(asked)
    monkeypatch.setattr(safety, "_certified", lambda *_: False)
    for _ in range(60):
        decision = safety(command(HOME + 1.0, stamp_ns=1000 + _))
        assert decision.reasons == (Reason.UNSAFE,)
    assert safety.at_rest


def test_without_a_plan_to_the_target_the_arm_stops(safety, monkeypatch):
    monkeypatch.setattr(safety._planner, "to", lambda *_: None)
    assert Reason.UNSAFE in safety(command(HOME + 1.0)).reasons


def test_changing_an_answer_or_a_command_does_not_change_the_filter(safety):
    q = HOME.copy()
    safety.reset(q)
    q[:] = 9.0
    decision = safety(command(HOME))
    decision.q[:] = 9.0
    np.testing.assert_allclose(safety.brake().q, HOME)


def test_it_does_not_start_outside_the_limits_or_too_near(arms):
    safety = SafetyFilter(arms["panda"], dt=DT)
    with pytest.raises(WmrError, match="call reset"):
        safety(command(HOME))
    with pytest.raises(WmrError, match=r"panda_joint4 is at 0\.100 rad, outside its limits"):
        safety.reset(np.where(np.arange(7) == 3, 0.1, HOME))
    with pytest.raises(WmrError, match="mm too near for a start"):
        safety.reset(HOME + np.array([0, 0.4, 0, 0, 0, 0, 0]))
    with pytest.raises(NotFiniteError, match="panda_joint1"):
        safety.reset(np.where(np.arange(7) == 0, np.nan, HOME))


def test_a_clearance_that_is_not_a_number_prevents_a_start(arms, monkeypatch):
    safety = SafetyFilter(arms["panda"], dt=DT)
    monkeypatch.setattr(safety, "clearances", replace_call(safety.clearances))
    with pytest.raises(WmrError, match="too near"):
        safety.reset(HOME)


def replace_call(clearances):
    class Broken:
        names = clearances.names

        def __call__(self, q):
            return clearances(q) * np.nan

    return Broken()
