"""A simulated arm that runs: what it is told, what it tells."""

import threading
from concurrent.futures import Executor, Future
from dataclasses import replace

import numpy as np
import pytest
import wm_sim
from wm_robot_ros.sim_arm import SimArm
from wm_robot_ros.sim_settings import SimSettings
from wm_robot_ros.sim_studio import SimStudio
from wm_robot_ros.sim_world import SimWorld
from wm_sim.driver import SimConfig
from wm_sim.paced_clock import PacedClock

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import ShapeError, UnknownNameError, WmrError
from wm_robot.robots import get_robot
from wm_robot.robots.limits import Imperfections

PANDA = replace(get_robot("panda"), imperfections=Imperfections())
SETTINGS = SimSettings(image_size=32, rate_hz=100.0)
SECOND_NS = 1_000_000_000


class Notebook:
    """Writes down what it is told."""

    def __init__(self):
        self.times, self.joints, self.pictures, self.episodes = [], [], [], []
        self.begun = threading.Event()

    def tell_time(self, now_ns):
        self.times.append(now_ns)

    def tell_joints(self, state):
        self.joints.append(state)
        self.begun.set()

    def show_pictures(self, frames, optics):
        self.pictures.append(dict(frames))

    def begin_episode(self, goal, optics, now_ns):
        self.episodes.append(dict(goal))


class Here(Executor):
    """Does everything at once on the caller's thread: OpenGL, which other tests use, belongs to that one."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Blind:
    """A studio without cameras, for a world that runs on a thread."""

    def goal(self):
        return {}

    optics = goal

    def shoot(self, take):
        return True

    def close(self):
        pass


@pytest.fixture
def steady():
    return SimulatedClock()


@pytest.fixture
def clock(steady):
    return PacedClock(steady=steady)


@pytest.fixture
def config(tmp_path):
    return SimConfig(name=f"test-{tmp_path.name}", seed=3)


@pytest.fixture
def arm(clock, config):
    arm = SimArm(PANDA, config, clock, ros_names=PANDA.joint_names, controller_joints=PANDA.joint_names)
    arm.connect()
    yield arm
    arm.disconnect()


@pytest.fixture
def notebook():
    return Notebook()


@pytest.fixture
def world(arm, clock, config, notebook):
    studio = SimStudio(config.name, SETTINGS.image_size, Here())
    yield SimWorld(arm, studio, clock, notebook, SETTINGS)
    studio.close()


def advance(arm, steady, seconds):
    state = None
    for _ in range(round(seconds * 100)):
        steady.sleep_until_ns(steady.now_ns() + SECOND_NS // 100)
        state = arm.advance()
    return state


def command(messages, q):
    return messages.Float64MultiArray(data=list(q))


def trajectory(messages, q, seconds, names=PANDA.joint_names):
    point = messages.JointTrajectoryPoint(positions=list(q), time_from_start=messages.Duration(sec=seconds))
    return messages.JointTrajectory(joint_names=list(names), points=[point])


def test_an_arm_that_nobody_commands_stands_where_the_episode_starts(arm, steady):
    begin = arm.advance().q
    np.testing.assert_allclose(advance(arm, steady, 1.0).q, begin, atol=1e-3)


def test_an_arm_goes_to_where_a_forward_command_says_and_stays(arm, steady, messages):
    goal = arm.advance().q + 0.1
    arm.take_positions(command(messages, goal))
    np.testing.assert_allclose(advance(arm, steady, 1.5).q, goal, atol=5e-3)
    np.testing.assert_allclose(advance(arm, steady, 1.0).q, goal, atol=5e-3)


def test_an_arm_lags_behind_a_stream_of_commands_by_the_lag_of_its_spec(arm, steady, messages):
    begin, speed = arm.advance().q, 0.5
    for step in range(1, 101):
        q = begin.copy()
        q[0] += speed * step / 100
        arm.take_positions(command(messages, q))
        state = advance(arm, steady, 0.01)
    commanded = begin[0] + speed  # one period ago
    lag_s = (commanded - state.q[0]) / speed + 0.01
    assert lag_s == pytest.approx(PANDA.servo_lag_s, abs=0.006)  # without feed-forward: 0.045 s


def test_an_arm_passes_a_trajectory_in_the_time_that_it_gives(arm, steady, messages):
    begin = arm.advance().q
    shuffled = PANDA.joint_names[::-1]
    arm.take_trajectory(trajectory(messages, (begin + 0.2)[::-1], 2, shuffled))
    np.testing.assert_allclose(advance(arm, steady, 1.0).q, begin + 0.1, atol=0.01)
    np.testing.assert_allclose(advance(arm, steady, 1.5).q, begin + 0.2, atol=5e-3)


def test_a_command_that_is_refused_changes_nothing(arm, steady, messages):
    goal = arm.advance().q + 0.05
    arm.take_positions(command(messages, goal))
    with pytest.raises(ShapeError):
        arm.take_positions(command(messages, [0.0]))
    with pytest.raises(UnknownNameError):
        arm.take_trajectory(trajectory(messages, goal, 1, [f"other_{i}" for i in range(7)]))
    np.testing.assert_allclose(advance(arm, steady, 1.5).q, goal, atol=5e-3)


def test_a_protective_stop_ends_what_was_under_way(arm, steady, messages):
    begin = arm.advance().q
    arm.take_trajectory(trajectory(messages, begin + 0.4, 2))
    advance(arm, steady, 1.0)
    arm.faults.protective_stop = "a test"
    stopped = advance(arm, steady, 0.5).q
    arm.faults.protective_stop = ""
    np.testing.assert_allclose(advance(arm, steady, 1.0).q, stopped, atol=5e-3)
    assert (begin + 0.35 > stopped).all()


def test_a_step_tells_joints_and_pictures_at_their_rates_and_in_simulated_time(world, clock, notebook):
    clock.pause()
    now_ns = world.step(0.5)
    assert now_ns == clock.now_ns() == 1_500_000_000
    assert notebook.times == list(range(1_010_000_000, 1_500_000_001, 10_000_000))  # 100 Hz
    stamps = [state.stamp_ns for state in notebook.joints]
    assert len(stamps) == 50
    assert 1_496_000_000 <= stamps[-1] <= now_ns  # the physics goes in steps of 4 ms
    pictures = [frames["top"].stamp_ns for frames in notebook.pictures]
    assert len(pictures) == pytest.approx(0.5 * SETTINGS.camera_rate_hz, abs=1)
    assert np.diff(pictures[1:]) == pytest.approx(50e6, abs=4e6)  # the first one comes at once
    assert set(pictures) <= set(stamps)


def test_a_step_of_a_clock_that_runs_or_of_no_length_is_refused(world, clock):
    with pytest.raises(WmrError, match="pause it"):
        world.step(0.1)
    clock.pause()
    for duration_s in (0.0, -1.0, 61.0, float("nan")):
        with pytest.raises(WmrError, match="valid: above 0, at most 60 s"):
            world.step(duration_s)
    assert clock.now_ns() == SECOND_NS


def test_a_reset_starts_the_same_episode_for_the_same_seed_with_its_goal(world, clock, notebook):
    clock.pause()
    for seed in (7, 8, 7):
        world.reset(seed)
        world.step(0.1)
    first, second, third = notebook.episodes[1:]
    for camera in ("front", "top"):
        np.testing.assert_array_equal(first[camera], third[camera])
        assert (first[camera] != second[camera]).any()
    begun = [state.q for state in notebook.joints[::11]]  # one of the reset, ten of the step
    np.testing.assert_array_equal(begun[0], begun[2])
    assert np.abs(begun[0] - begun[1]).max() > 1e-3


def test_goal_and_pictures_are_those_of_the_environment_that_planners_are_judged_in(world, clock, notebook):
    clock.pause()
    world.reset(5)
    environment = wm_sim.make("reach", image_size=32)
    observation = environment.reset(5)
    for camera in ("front", "top"):
        np.testing.assert_array_equal(notebook.episodes[-1][camera], environment.goal().images[camera])
        np.testing.assert_array_equal(notebook.pictures[-1][camera].image, observation.images[camera])


def test_a_seed_that_names_no_episode_is_refused(world, notebook):
    with pytest.raises(WmrError, match="seed is 9223372036854775808"):
        world.reset(2**63)
    assert len(notebook.episodes) == 1


def test_the_score_is_that_of_the_present_episode(world, clock):
    clock.pause()
    world.reset(5)
    score, seed = world.score()
    assert seed == 5
    assert score.error > 0.01
    assert not score.success


def test_a_paused_world_tells_its_time_and_nothing_else(arm, notebook):
    clock = PacedClock()
    clock.pause()
    world = SimWorld(arm, Blind(), clock, notebook, SETTINGS)
    world.start()
    while len(notebook.times) < 5:
        world.check()
    assert set(notebook.times) == {clock.now_ns()}
    assert not notebook.joints
    world.pause(False)
    assert notebook.begun.wait(10.0)
    world.close()
    assert notebook.times == sorted(notebook.times)


def test_a_simulation_that_fails_is_known_to_have_failed(arm, clock, notebook):
    world = SimWorld(arm, Blind(), clock, notebook, SETTINGS)
    world.check()
    arm.faults.disconnected = True
    world.start()
    world.close()
    with pytest.raises(WmrError, match="simulation has failed: DriverError"):
        world.check()
