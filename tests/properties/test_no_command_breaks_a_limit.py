"""Adversarial streams through the safety filter into the fake arm; what comes out is measured by other means.

    WM_COMMANDS=1000000 pytest -s tests/properties/test_no_command_breaks_a_limit.py

Velocity, acceleration and jerk are finite differences of the positions that the arm was sent, taken by
the fake arm over the whole stream. Limits come from the RobotSpec. Distances are those of a second geometry
model, all computed at each position; heights over the table are those of the capsules' end points.
"""

import os

import coal
import numpy as np
import pinocchio as pin
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from wm_controllers.filters.safety_config import SafetyConfig
from wm_controllers.filters.safety_filter import SafetyFilter
from wm_controllers.kinematics import load_arm
from wm_hardware.fake import FakeConfig, FakeDriver
from wm_sim.scene import model_path

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.types import JointCommand
from wm_robot.robots import Box, get_robot

COMMANDS = int(os.environ.get("WM_COMMANDS", "24000"))
ROBOTS = ("panda", "ur5e", "so101")
PHASES, SHORTEST, LONGEST = 8, 20, 200  # of one stream; commands of one phase
DISTANCE_M = 0.005  # SafetyConfig's
KEEP_OUT = {
    "panda": Box(low=(0.5, 0.12, 0.0), high=(0.6, 0.3, 0.25)),
    "ur5e": Box(low=(0.5, 0.12, 0.0), high=(0.6, 0.3, 0.25)),
    "so101": Box(low=(0.15, 0.07, 0.0), high=(0.2, 0.2, 0.06)),
}
KINDS = (
    "far", "near", "noise", "nyquist", "huge", "beyond", "swap", "velocity", "table", "edge", "nan",
    "infinity", "names", "missing", "twice", "foreign", "shape", "text", "reversed", "burst", "stop", "reset",
)  # fmt: skip


class Measured:
    """Distances at joints, by means of its own: a second model, every pair, nothing remembered."""

    def __init__(self, robot, keep_out):
        self.arm = load_arm(model_path(robot), robot)
        model, shapes = self.arm.model, self.arm.shapes
        self.data, self.keep_out = model.createData(), keep_out
        depth = [len(model.supports[s.parentJoint]) for s in shapes.geometryObjects]  # a chain: 1 is the base
        self.moving = [i for i in range(len(depth)) if depth[i] > 1]
        self.over_table = [i for i in range(len(depth)) if depth[i] > 2]
        shapes.removeAllCollisionPairs()
        for a in range(len(depth)):
            for b in range(a):
                if abs(depth[a] - depth[b]) > 1:
                    shapes.addCollisionPair(pin.CollisionPair(b, a))
        self.geometry = pin.GeometryData(shapes)
        self.apart = self.own(np.array(robot.home)) > DISTANCE_M
        low, high = np.array(keep_out.low), np.array(keep_out.high)
        self.box, self.box_at = coal.Box(*(high - low)), coal.Transform3s(np.eye(3), (low + high) / 2)

    def own(self, q):
        pin.computeDistances(
            self.arm.model, self.data, self.arm.shapes, self.geometry, q[self.arm.into_model]
        )
        return np.array([found.min_distance for found in self.geometry.distanceResults])

    def clearances(self, q, room):
        """Least distance (m) beyond what is due: to itself, the table, the box; of the tip to the walls."""
        own = self.own(q)[self.apart].min() - DISTANCE_M
        shapes, at = self.arm.shapes.geometryObjects, self.geometry.oMg
        table = np.inf
        for i in self.over_table:
            capsule = shapes[i].geometry
            end = at[i].translation[2] - abs(at[i].rotation[2, 2]) * capsule.halfLength
            table = min(table, end - capsule.radius)
        box = np.inf
        for i in self.moving:
            if np.linalg.norm(at[i].translation - self.box_at.getTranslation()) < 0.6:
                place = coal.Transform3s(at[i].rotation, at[i].translation)
                request, result = coal.DistanceRequest(), coal.DistanceResult()
                box = min(
                    box, coal.distance(shapes[i].geometry, place, self.box, self.box_at, request, result)
                )
        tip = pin.updateFramePlacement(self.arm.model, self.data, self.arm.frame).translation
        walls = min((tip - room.low).min(), (room.high - tip).min())
        return own, table - DISTANCE_M, box - DISTANCE_M, walls


class Stream:
    """One robot's filter and fake arm, fed with phases of commands."""

    def __init__(self, name):
        self.robot = get_robot(name)
        config = SafetyConfig(keep_out=(KEEP_OUT[name],), ramp_s=0.1)
        self.room = config.room(self.robot.workspace)
        dt = 1 / self.robot.control_rate_hz
        self.safety = SafetyFilter(load_arm(model_path(self.robot), self.robot), config, dt=dt)
        self.measured = Measured(self.robot, KEEP_OUT[name])
        self.clock = SimulatedClock()
        self.driver = FakeDriver(self.robot, FakeConfig(), self.clock)
        self.lower, self.upper = np.array(self.robot.lower), np.array(self.robot.upper)
        self.commands = self.stamp = 0
        self.least = np.full(4, np.inf)

    def begin(self):
        self.driver.connect()
        self.safety.reset(self.driver.read().q)

    def feed(self, kind, length, seed):  # noqa: PLR0912, PLR0915  (one case a line or two)
        random = np.random.default_rng(seed)
        nq, home = self.robot.nq, np.array(self.robot.home)
        fixed = random.uniform(self.lower, self.upper)
        start = self.safety.motion.q
        for k in range(length):
            names, q, v = self.robot.joint_names, fixed, np.zeros(nq)
            self.stamp += 1
            match kind:
                case "near":
                    q = home + 0.1 * np.sin(0.05 * k + fixed)
                    v = 0.005 * np.cos(0.05 * k + fixed) / self.safety.dt
                case "noise":
                    q, v = home + random.normal(0, 0.3, nq), random.normal(0, 3, nq)
                case "nyquist":
                    q = start + (-1) ** k * (fixed - home)
                case "huge":
                    q, v = random.choice([-1e308, 1e308, 1e-308], nq), random.choice([-1e308, 1e308], nq)
                case "beyond":
                    q = np.where(random.random(nq) < 0.5, self.lower - 1, self.upper + 1)
                case "swap":
                    q = np.where(k // 7 % 2, self.lower, self.upper)
                case "velocity":
                    q, v = self.safety.motion.q, np.sign(fixed) * 100.0
                case "table":
                    q = start + np.array([0, 1, 0, 1, 0, 1, 0])[:nq] * np.sign(fixed[0])
                case "edge":
                    q = start + 0.02 * np.sign(fixed) * k
                case "nan":
                    q = np.where(np.arange(nq) == k % nq, np.nan, fixed)
                case "infinity":
                    v = np.where(np.arange(nq) == k % nq, -np.inf, v)
                case "names":
                    names = names[::-1]  # valid: joints are matched by name
                case "missing":
                    names, q, v = names[1:], q[1:], v[1:]
                case "twice":
                    names = (names[0], *names[:-1])
                case "foreign":
                    names = (*names[:-1], "elbow of another arm")
                case "shape":
                    q = np.zeros((nq, 2))
                case "text":
                    q = "home"
                case "reversed":
                    self.stamp -= 2
                case "burst":
                    self.stamp -= k % 5 > 0
            if kind == "stop":
                decision = self.safety.brake()
            elif kind == "reset" and self.safety.at_rest:
                self.safety.reset(self.safety.motion.q)
                continue
            else:
                command = JointCommand(stamp_ns=self.stamp, joint_names=names, q=q, v=v)
                decision = self.safety(command)
            self.check(decision.q)
        self.stamp = abs(self.stamp) + 3 * length  # a later phase is not out of order

    def check(self, q):
        self.clock.sleep_until_ns(self.clock.now_ns() + round(self.safety.dt * 1e9))
        stamp = self.clock.now_ns()
        self.driver.command(
            JointCommand(stamp_ns=stamp, joint_names=self.robot.joint_names, q=q, v=np.zeros_like(q))
        )
        self.commands += 1
        clearances = self.measured.clearances(self.driver.read().q, self.room)
        self.least = np.minimum(self.least, clearances)
        assert min(clearances) >= 0, f"own, table, box, room: {clearances} m"

    def finish(self):
        """The whole stream against the RobotSpec; 1e-6 is far above rounding, 8 ε |q| / dt³ < 1e-6 rad/s³."""
        extremes = self.driver.extremes
        assert (extremes.lowest >= self.lower).all()
        assert (extremes.highest <= self.upper).all()
        assert (extremes.velocity <= np.array(self.robot.max_velocity) + 1e-6).all()
        assert (extremes.acceleration <= np.array(self.robot.max_acceleration) + 1e-6).all()
        assert (extremes.jerk <= np.array(self.robot.max_jerk) + 1e-6).all()


phases = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(SHORTEST, LONGEST), st.integers(0, 2**32 - 1)),
    min_size=PHASES,
    max_size=PHASES,
)


@pytest.mark.parametrize("name", ROBOTS)
def test_the_measurements_see_an_unfiltered_command(name):
    stream = Stream(name)
    stream.begin()
    q = np.array(stream.robot.home)
    with pytest.raises(AssertionError, match="own, table, box, room"):  # a step down, into the table
        stream.check(np.clip(q + np.array([0, 1.2, 0, 0.3, 0, 0, 0])[: len(q)], stream.lower, stream.upper))
    stream.begin()
    stream.driver.command(
        JointCommand(stamp_ns=1, joint_names=stream.robot.joint_names, q=q + 0.01, v=np.zeros_like(q))
    )
    with pytest.raises(AssertionError):  # 10 mrad within a period of 20 ms at most: 0.01 / dt³ ≥ 1,250 rad/s³
        stream.finish()


@pytest.mark.parametrize("name", ROBOTS)
def test_no_command_breaks_a_limit(name):
    stream = Stream(name)
    wanted = COMMANDS // len(ROBOTS)

    @settings(
        max_examples=1 + wanted // (PHASES * SHORTEST),  # more than enough
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],  # a stream of a thousand commands shrinks too slowly
        suppress_health_check=list(HealthCheck),
    )
    @given(phases)
    def every_stream_is_safe(plan):
        if stream.commands >= wanted:
            return
        stream.begin()
        for kind, length, seed in plan:
            stream.feed(kind, length, seed)
        stream.finish()
        if os.environ.get("WM_COMMANDS"):
            print(f"\n{name}: {stream.commands} commands, 0 violations", end="", flush=True)

    every_stream_is_safe()
    own, table, box, room = 1000 * stream.least
    print(f"\n{name}: {stream.commands} commands, 0 violations; nearest, mm beyond what must be kept: "
          f"itself {own:.2f}, table {table:.2f}, box {box:.2f}, edge of the room {room:.2f}")  # fmt: skip
    assert stream.commands >= wanted
