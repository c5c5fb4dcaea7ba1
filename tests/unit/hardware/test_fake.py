import numpy as np
import pytest
from wm_hardware.fake import FakeConfig, FakeDriver

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError, NotFiniteError, WmrError
from wm_robot.core.types import JointCommand
from wm_robot.robots import get_robot

SPEC = get_robot("so101")
HOME = np.array(SPEC.home)
MS = 1_000_000


def arm(**config):
    driver = FakeDriver(SPEC, FakeConfig(**config), SimulatedClock())
    driver.connect()
    return driver


def wait(driver, duration_ms):
    driver.clock.sleep_until_ns(driver.clock.now_ns() + duration_ms * MS)


def move(driver, offset, v=0.0, gripper=None):
    driver.command(
        JointCommand(
            stamp_ns=driver.clock.now_ns(),
            joint_names=SPEC.joint_names,
            q=HOME + offset,
            v=np.full(SPEC.nq, v),
            gripper=gripper,
        )
    )


def test_without_imperfections_the_arm_is_where_it_was_commanded():
    driver = arm()
    wait(driver, 20)
    move(driver, 0.1, v=0.5, gripper=0.7)
    state = driver.read()
    assert state.stamp_ns == 20 * MS
    assert np.array_equal(state.q, HOME + 0.1)
    assert np.array_equal(state.v, np.full(5, 0.5))
    assert state.gripper == 0.7


def test_an_arm_without_commands_is_at_rest_after_two_control_periods():
    driver = arm()
    move(driver, 0.1, v=0.5)
    wait(driver, 40)  # two periods of 20 ms
    assert np.array_equal(driver.read().v, np.full(5, 0.5))
    wait(driver, 1)
    assert np.array_equal(driver.read().v, np.zeros(5))
    assert np.array_equal(driver.read().q, HOME + 0.1)


def test_a_command_acts_after_the_latency_and_commands_keep_their_order():
    driver = arm(latency_s=0.03)
    move(driver, 0.1)
    wait(driver, 20)
    move(driver, 0.2)
    wait(driver, 9)
    assert np.array_equal(driver.read().q, HOME)
    wait(driver, 1)
    assert np.array_equal(driver.read().q, HOME + 0.1)
    wait(driver, 20)
    assert np.array_equal(driver.read().q, HOME + 0.2)


def test_a_first_order_servo_covers_63_percent_of_a_step_in_its_time_constant():
    driver = arm(time_constant_s=0.05)
    move(driver, 1.0)
    wait(driver, 20)
    driver.read()  # looking does not change where the arm is
    wait(driver, 30)
    state = driver.read()
    assert np.allclose(state.q - HOME, 1 - np.exp(-1))
    assert np.allclose(state.v, np.exp(-1) / 0.05)


def test_a_burst_within_one_instant_counts_as_its_last_command_and_fills_no_memory():
    driver = arm(latency_s=0.1)
    for i in range(1000):
        move(driver, i * 1e-3)
    assert len(driver._queue) == 1
    wait(driver, 100)
    assert np.allclose(driver.read().q, HOME + 0.999)
    assert driver.extremes.count == 1000


def test_the_same_seed_gives_the_same_noise_and_another_seed_another():
    def trace(seed):
        driver = arm(q_noise_rad=0.01, v_noise_rad_s=0.1, command_loss=0.3, state_loss=0.3, seed=seed)
        states = []
        for i in range(200):
            move(driver, 1e-3 * i)
            wait(driver, 20)
            states.append(driver.read())
        return np.array([[s.stamp_ns, *s.q, *s.v] for s in states])

    first = trace(1)
    assert np.array_equal(first, trace(1))
    assert not np.array_equal(first, trace(2))


def test_noise_has_the_ordered_size():
    driver = arm(q_noise_rad=0.01)
    errors = np.array([driver.read().q - HOME for _ in range(2000)])
    # 10,000 samples: the standard deviation's own relative error is 1 / √20,000 = 0.7 %; four of them.
    assert abs(errors.std() / 0.01 - 1) < 0.03


def test_the_ordered_share_of_commands_and_states_is_lost():
    driver = arm(command_loss=0.2, state_loss=0.4)
    obeyed = fresh = 0
    for i in range(1, 2001):
        wait(driver, 20)
        move(driver, 1e-4 * i)
        obeyed += bool(np.array_equal(driver._q, HOME + 1e-4 * i))
        fresh += driver.read().stamp_ns == driver.clock.now_ns()
    # Standard deviations of the shares: √(0.2·0.8/2000) = 0.9 % and √(0.4·0.6/2000) = 1.1 %; four of them.
    assert abs(obeyed / 2000 - 0.8) < 0.036
    assert abs(fresh / 2000 - 0.6) < 0.044
    assert driver.extremes.count == 2000


def test_a_silent_arm_keeps_its_last_state_and_that_state_grows_old():
    driver = arm()
    wait(driver, 10)
    before = driver.read()
    driver.faults.silent = True
    wait(driver, 500)
    assert driver.read() is before
    driver.faults.silent = False
    assert driver.read().stamp_ns == 510 * MS


def test_faults_of_a_report_are_what_they_say():
    driver = arm()
    driver.faults.not_a_number = True
    assert np.isnan(driver.read().q).all()
    driver.faults.not_a_number = False
    driver.faults.shuffled = True
    state = driver.read()
    assert state.joint_names == SPEC.joint_names[::-1]
    assert np.array_equal(state.q, HOME[::-1])
    driver.faults.shuffled = False
    driver.faults.foreign_joint = "tail"
    assert driver.read().joint_names == ("tail", *SPEC.joint_names[1:])


def test_stamps_jump_and_run_backwards_to_order():
    driver = arm()
    wait(driver, 100)
    driver.faults.stamp_jump_ns = -40 * MS
    assert driver.read().stamp_ns == 60 * MS
    driver.faults.stamp_jump_ns = 0
    driver.faults.reversed_stamps = True
    assert driver.read().stamp_ns == 100 * MS
    wait(driver, 30)
    assert driver.read().stamp_ns == 70 * MS
    driver.faults.reversed_stamps = False
    assert driver.read().stamp_ns == 130 * MS


def test_a_protective_stop_is_reported_and_the_arm_stays_until_it_is_over():
    driver = arm(time_constant_s=0.05)
    move(driver, 1.0)
    wait(driver, 20)
    there = driver.read().q
    driver.faults.protective_stop = "joint 3 hit something"
    move(driver, -1.0)
    wait(driver, 500)
    state = driver.read()
    assert state.fault == "joint 3 hit something"
    assert np.array_equal(state.q, there)
    assert not state.v.any()
    driver.faults.protective_stop = ""
    wait(driver, 500)
    assert np.array_equal(driver.read().q, there)  # it does not resume what it was commanded before


def test_a_stuck_joint_stays_while_the_others_move():
    driver = arm()
    driver.faults.stuck.add("elbow_flex")
    move(driver, 0.2, v=1.0)
    state = driver.read()
    assert dict(zip(state.joint_names, (state.q - HOME).round(9).tolist(), strict=True)) == {
        "shoulder_pan": 0.2,
        "shoulder_lift": 0.2,
        "elbow_flex": 0.0,
        "wrist_flex": 0.2,
        "wrist_roll": 0.2,
    }
    assert state.v[2] == 0.0


def test_an_arm_that_has_gone_raises_and_stop_is_still_safe():
    driver = arm()
    driver.faults.disconnected = True
    with pytest.raises(DriverError, match="gone"):
        driver.read()
    with pytest.raises(DriverError, match="gone"):
        move(driver, 0.0)
    driver.stop()


def test_stop_forgets_commands_on_their_way():
    driver = arm(latency_s=0.03)
    move(driver, 0.1)
    wait(driver, 30)
    move(driver, 0.5)
    driver.stop()
    wait(driver, 100)
    assert np.array_equal(driver.read().q, HOME + 0.1)


def test_a_refused_command_is_not_counted():
    driver = arm()
    with pytest.raises(NotFiniteError, match="gripper"):
        move(driver, 0.1, gripper=float("nan"))
    with pytest.raises(NotFiniteError, match="q holds NaN"):
        move(driver, np.nan)
    assert driver.extremes.count == 0
    assert np.array_equal(driver.read().q, HOME)


def test_the_extremes_are_those_of_the_commands_whatever_the_arm_does():
    driver = arm(command_loss=1.0)
    move(driver, 0.1)
    # 0.1 rad in one period of 20 ms
    assert np.allclose(driver.extremes.velocity, 5.0)
    assert np.allclose(driver.extremes.highest - HOME, 0.1)
    assert np.array_equal(driver.read().q, HOME)


@pytest.mark.parametrize(
    ("setting", "words"),
    [({"latency_s": -1.0}, "latency_s is -1.0"), ({"state_loss": 1.5}, "share from 0 to 1")],
)
def test_impossible_settings_are_refused(setting, words):
    with pytest.raises(WmrError, match=words):
        FakeConfig(**setting)
