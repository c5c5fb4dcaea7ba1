import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import wm_sim
from wm_sim.camera import SimCamera
from wm_sim.driver import SimConfig, SimDriver
from wm_sim.observer import SimObserver

from wm_robot.core.clock import SimulatedClock, SteadyClock
from wm_robot.core.errors import DriverError, NotFiniteError, UnknownNameError
from wm_robot.core.types import JointCommand
from wm_robot.robots import get_robot
from wm_robot.robots.limits import Imperfections

PANDA = get_robot("panda")
PERFECT = replace(PANDA, imperfections=Imperfections())
STEP_NS = 4_000_000


@pytest.fixture
def clock():
    return SimulatedClock(1_000_000_000)


@pytest.fixture
def simulation(tmp_path):
    """A name that no other test uses at the same time."""
    return f"test-{tmp_path.name}"


@pytest.fixture
def arm(clock, simulation):
    with SimDriver(PERFECT, SimConfig(name=simulation, seed=3), clock) as arm:
        yield arm


def wait(clock, seconds):
    clock.sleep_until_ns(clock.now_ns() + round(seconds * 1e9))


def command(arm, q, clock):
    names = arm.joint_names
    arm.command(JointCommand(stamp_ns=clock.now_ns(), joint_names=names, q=q, v=np.zeros(len(names))))


def test_an_episode_starts_where_that_of_the_environment_does(arm):
    environment = wm_sim.make("reach", image_size=16)
    environment.reset(3)
    np.testing.assert_array_equal(arm.read().q, environment.robot.read().q)
    arm.start_episode(4)
    environment.reset(4)
    np.testing.assert_array_equal(arm.read().q, environment.robot.read().q)


def test_the_physics_follows_the_clock_in_whole_steps(arm, clock):
    assert arm.read().stamp_ns == 1_000_000_000
    wait(clock, 0.0105)  # 2.6 steps of 4 ms
    assert arm.read().stamp_ns == 1_000_000_000 + 2 * STEP_NS
    wait(clock, 0.002)  # 3.1 steps in all
    assert arm.read().stamp_ns == 1_000_000_000 + 3 * STEP_NS


def test_after_a_long_silence_the_time_in_which_the_arm_stood_is_skipped(arm, clock):
    wait(clock, 86_400)
    assert arm.read().stamp_ns == clock.now_ns()


def test_in_real_time_a_state_is_younger_than_a_physics_step_and_a_little(simulation):
    clock = SteadyClock()
    with SimDriver(PERFECT, SimConfig(name=simulation), clock) as arm:
        clock.sleep_until_ns(clock.now_ns() + 20_000_000)
        before_ns = clock.now_ns()
        assert before_ns - STEP_NS < arm.read().stamp_ns <= clock.now_ns()


def test_a_commanded_joint_gets_there_matched_by_name(arm, clock):
    target = arm.read().q + np.array([0, 0, 0, 0, 0, 0, 0.02])
    turned = arm.joint_names[::-1]
    arm.command(JointCommand(stamp_ns=0, joint_names=turned, q=target[::-1], v=np.zeros(7)))
    wait(clock, 0.3)
    # A critically damped servo of 45 rad/s has e^-13.5 (1 + 13.5) = 0.002 % of the step left after 0.3 s.
    np.testing.assert_allclose(arm.read().q, target, atol=1e-4)


def test_commands_beyond_the_joint_limits_end_at_the_limits(arm, clock):
    command(arm, np.full(7, 10.0), clock)
    wait(clock, 3.0)
    # The servo's spring meets the limit's stop; the joint yields a little there.
    assert np.all(arm.read().q < np.array(PANDA.upper) + 0.02)


def test_the_same_commands_at_the_same_times_give_the_same_states(clock, simulation):
    runs = []
    for _ in range(2):
        clock = SimulatedClock()
        with SimDriver(PANDA, SimConfig(name=simulation, seed=1), clock) as arm:
            states = []
            for _ in range(10):
                states.append(arm.read())
                command(arm, states[-1].q + 0.01, clock)
                wait(clock, 0.01)
            runs.append(states)
    for one, two in zip(*runs, strict=True):
        assert one.stamp_ns == two.stamp_ns
        np.testing.assert_array_equal(one.q, two.q)
        np.testing.assert_array_equal(one.v, two.v)


def test_sensor_noise_has_the_size_that_the_spec_says(clock, simulation):
    noisy = replace(PANDA, imperfections=Imperfections(q_noise_rad=1e-3, v_noise_rad_s=1e-2))
    with SimDriver(noisy, SimConfig(name=simulation), clock) as arm:
        q, v = [], []
        for _ in range(200):
            wait(clock, 0.004)
            state = arm.read()
            q.append(state.q)
            v.append(state.v)
    # 200 x 7 samples estimate a deviation to 1 / sqrt(2 * 1400) = 2 %; four times that is allowed.
    assert np.std(q - np.mean(q, axis=0)) == pytest.approx(1e-3, rel=0.08)
    assert np.std(v) == pytest.approx(1e-2, rel=0.08)


def test_one_instant_is_measured_once(clock, simulation):
    with SimDriver(PANDA, SimConfig(name=simulation), clock) as arm:
        np.testing.assert_array_equal(arm.read().q, arm.read().q)


def test_a_command_acts_after_the_delay_and_not_before(clock, simulation):
    late = replace(PANDA, imperfections=Imperfections(delay_s=0.02))
    with SimDriver(late, SimConfig(name=simulation), clock) as arm:
        rest = arm.read().q
        command(arm, rest + 0.1, clock)
        wait(clock, 0.02)
        np.testing.assert_allclose(arm.read().q, rest, atol=1e-6)
        wait(clock, 0.02)
        assert np.all(arm.read().q > rest + 1e-3)


def test_stop_brakes_at_the_acceleration_limit_and_holds(arm, clock):
    q = arm.read().q
    for _ in range(100):
        q = q + np.array([0, 0, 0, 0, 0, 0, 1.0 * 0.004])  # the last joint at 1 rad/s
        command(arm, q, clock)
        wait(clock, 0.004)
    moving = arm.read()
    assert moving.v[-1] == pytest.approx(1.0, rel=0.02)
    arm.stop()
    # 1 rad/s at 20 rad/s² is 0.05 s of braking, then 0.25 s for the servo to settle (e^-11).
    wait(clock, 0.3)
    stopped = arm.read()
    assert abs(stopped.v[-1]) < 1e-3
    # The target was 2 / 45 s · 1 rad/s ahead, and went on by v² / 2a = 0.025 rad and half a step.
    assert stopped.q[-1] - q[-1] == pytest.approx(0.025, abs=0.003)
    wait(clock, 0.5)
    np.testing.assert_allclose(arm.read().q, stopped.q, atol=1e-4)


def test_another_process_would_see_the_pictures_the_goal_and_the_score_of_the_environment(arm, simulation):
    environment = wm_sim.make("reach", image_size=32)
    observation = environment.reset(3)
    with SimCamera("front", simulation=simulation, image_size=32) as camera:
        frame = camera.read()
        assert frame.stamp_ns == arm.read().stamp_ns
        np.testing.assert_array_equal(frame.image, observation.images["front"])
    observer = SimObserver(simulation)
    assert observer.score() == environment.score()
    assert observer.privileged_state() == environment.privileged_state()
    for name, image in environment.goal().images.items():
        np.testing.assert_array_equal(observer.goal(32).images[name], image)


def test_a_camera_follows_the_arm_into_the_next_episode_and_its_look(clock, simulation):
    environment = wm_sim.make("push", robot="so101", image_size=32, shift="everything")
    config = SimConfig(task="push", shift="everything", name=simulation, seed=1)
    with (
        SimDriver(get_robot("so101"), config, clock) as arm,
        SimCamera("top", simulation=simulation, image_size=32) as camera,
    ):
        np.testing.assert_array_equal(camera.read().image, environment.reset(1).images["top"])
        arm.start_episode(2)
        np.testing.assert_array_equal(camera.read().image, environment.reset(2).images["top"])


DRIVING = """
import sys
from wm_sim.driver import SimConfig, SimDriver
from wm_robot.robots import get_robot
with SimDriver(get_robot("so101"), SimConfig(name=sys.argv[1])) as arm:
    while True:
        print(arm.read().stamp_ns, flush=True)
"""


def test_when_the_process_of_the_driver_is_killed_its_camera_keeps_the_last_frame(simulation):
    process = subprocess.Popen([sys.executable, "-c", DRIVING, simulation], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    with SimCamera("top", simulation=simulation) as camera:
        alive_ns = camera.read().stamp_ns
        while camera.read().stamp_ns == alive_ns:  # its physics goes on in its own time
            process.stdout.readline()
        process.kill()
        process.communicate()
        last = camera.read()
        assert camera.read() is last
    with pytest.raises(DriverError, match="no simulation named"), camera:
        pass
    with SimDriver(PANDA, SimConfig(name=simulation)):  # the name is free again
        assert SimObserver(simulation).seed == 0


def test_bad_commands_are_refused_and_nothing_moves(arm, clock):
    q = arm.read().q
    with pytest.raises(NotFiniteError, match="panda_joint7"):
        command(arm, np.array([*q[:6], np.nan]), clock)
    with pytest.raises(UnknownNameError, match="joint"):
        arm.command(JointCommand(stamp_ns=0, joint_names=("elbow",), q=np.zeros(1), v=np.zeros(1)))
    wait(clock, 0.1)
    np.testing.assert_allclose(arm.read().q, q, atol=1e-6)


def test_an_arm_that_is_not_connected_says_so_and_stops_all_the_same():
    arm = SimDriver(PANDA)
    arm.stop()
    arm.disconnect()
    with pytest.raises(DriverError, match="not connected; call connect"):
        arm.read()
    with pytest.raises(DriverError, match="not connected; call connect"):
        SimCamera("front").read()


def test_an_unknown_shift_is_refused_before_anything_starts():
    with pytest.raises(UnknownNameError, match="unknown shift 'fog'"):
        SimDriver(PANDA, SimConfig(shift="fog"))
