import numpy as np
import pytest
from wm_controllers.collision import Clearances
from wm_controllers.filters.joint_limits import JointLimits
from wm_controllers.filters.motion import Motion, Planner
from wm_controllers.filters.stop_certificate import StopCertificate

from wm_robot.core.seeding import rng
from wm_robot.robots import Box

DT = 0.004


class Case:
    """Random steps of an arm near the table and the walls of a room that it just fits in."""

    def __init__(self, arm):
        robot = arm.robot
        self.robot, self.random = robot, rng(4, robot.name)
        self.limits = JointLimits(
            *map(np.array, (robot.max_velocity, robot.max_acceleration, robot.max_jerk))
        )
        self.clearances = Clearances(
            arm, workspace=robot.workspace, keep_out=(Box(low=(0, 0.3, 0), high=(0.5, 0.5, 0.3)),)
        )
        self.planner = Planner(self.limits.A, self.limits.J)
        lower, upper = np.array(robot.lower), np.array(robot.upper)
        self.certified = StopCertificate(self.clearances, lower, upper, self.limits, DT)

    def step(self):
        nq, random = self.robot.nq, self.random
        speed, push = random.choice([0.05, 0.3, 1.0]), random.choice([0.0, 0.3, 1.0])
        q = np.array(self.robot.home) + random.uniform(-0.3, 0.3, nq)
        v, a = (
            speed * random.uniform(-1, 1, nq) * self.limits.V,
            push * random.uniform(-1, 1, nq) * self.limits.A,
        )
        motion, jerk = Motion(q, v, a), random.uniform(-1, 1, nq) * self.limits.J
        step = motion.after(jerk, DT)
        return motion, jerk, step, self.planner.stop(step)


def test_what_is_certified_is_clear_and_within_limits_at_every_instant(any_arm):
    case, certified, refused = Case(any_arm), 0, 0
    for _ in range(300):
        motion, jerk, step, stop = case.step()
        if not case.certified(motion, jerk, step, stop):
            refused += 1
            continue
        certified += 1
        path = [motion.after(jerk, t).q for t in np.linspace(0, DT, 5)]
        path += [np.array(stop.at_time(t)[0]) for t in np.linspace(0, stop.duration, 60)]
        # The step itself begins where an earlier certificate ended; what is behind it is not looked at.
        assert min(case.clearances.exact(q).min() for q in path[1:]) >= 0
        assert np.all(np.array(path) >= case.robot.lower)
        assert np.all(np.array(path) <= case.robot.upper)
    assert min(certified, refused) > 20  # both happen


def test_what_collides_on_the_way_to_a_standstill_is_refused(any_arm):
    case, collisions = Case(any_arm), 0
    for _ in range(300):
        motion, jerk, step, stop = case.step()
        path = [np.array(stop.at_time(t)[0]) for t in np.linspace(0, stop.duration, 40)]
        if min(case.clearances.exact(q).min() for q in path) < 0:
            collisions += 1
            assert not case.certified(motion, jerk, step, stop)
    assert collisions > 20


def test_a_stop_turns_back_no_further_than_the_swing(any_arm):
    case, turned = Case(any_arm), 0
    for _ in range(300):
        _, _, step, stop = case.step()
        q = np.array([stop.at_time(t)[0] for t in np.linspace(0, stop.duration, 100)])
        swing = case.certified._swing(step)
        low, high = np.minimum(q[0], q[-1]) - swing, np.maximum(q[0], q[-1]) + swing
        assert np.all((q >= low - 1e-12) & (q <= high + 1e-12))
        length = np.abs(np.diff(q, axis=0)).sum(axis=0)
        assert np.all(length <= np.abs(q[-1] - q[0]) + 2 * swing + 1e-12)
        turned += (length > np.abs(q[-1] - q[0]) + 1e-6).sum()
    assert turned > 20


def test_not_a_number_is_refused(panda):
    case = Case(panda)
    home = np.array(panda.robot.home)
    rest = Motion(home, 0 * home, 0 * home)
    stop = case.planner.stop(rest)
    assert case.certified(rest, 0 * home, rest, stop)
    nowhere = Motion(home * np.nan, 0 * home, 0 * home)
    assert not case.certified(rest, 0 * home, nowhere, stop)


@pytest.mark.parametrize("dt", [0.004, 0.02])
def test_there_is_always_a_jerk_and_it_keeps_every_limit(dt):
    random, n = rng(6), 20000
    A, V = random.uniform(5, 20, n), random.uniform(1, 5, n)
    J = A * random.uniform(15, 60, n)
    a = A * random.uniform(-1, 1, n) * random.choice([0, 0.01, 0.1, 1], n)
    v = V * random.uniform(-1, 1, n)
    # Only what can still keep V: the velocity moves by a²/2J while a is taken away.
    rise = a * np.abs(a) / (2 * J)
    keeps = np.abs(v + rise) <= V
    motion = Motion(0 * v, np.where(keeps, v, 0), np.where(keeps, a, 0))
    limits = JointLimits(V * random.choice([1.0, 0.3, 0.01], n), A, J)
    low, high = limits.jerk_bounds(motion, dt)
    assert np.all(low <= high + 1e-9 * J)
    for jerk in (low, high):
        assert np.all(np.abs(jerk) <= J * (1 + 1e-12))
        after = motion.after(jerk, dt)
        assert np.all(np.abs(after.a) <= A * (1 + 1e-12))
        # What was bound to pass a lowered V passes it by no more than that.
        bound = np.maximum(limits.V, np.abs(motion.v) + motion.a**2 / (2 * J))
        assert np.all(np.abs(after.v + after.a * np.abs(after.a) / (2 * J)) <= bound * (1 + 1e-9))
