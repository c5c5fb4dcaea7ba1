from dataclasses import replace

import numpy as np
from wm_sim.drivetrain import Drivetrain

from wm_robot.robots import get_robot
from wm_robot.robots.limits import Imperfections

SO101 = get_robot("so101")
STEP_S = 0.004
STIFF = np.zeros(5)


def test_with_play_the_output_stays_until_the_motor_has_crossed_it():
    drivetrain = Drivetrain(replace(SO101, imperfections=Imperfections(backlash_rad=0.01)), STIFF)
    drivetrain.reset(np.zeros(5))
    outputs = []
    for motor in (0.004, 0.02, 0.012, 0.0):
        drivetrain.command(np.full(5, motor), np.zeros(5), 0)
        outputs.append(drivetrain.target(0, STEP_S)[0])
    # Half the play is 5 mrad: 4 mrad move nothing; at 20 the output follows 5 behind; 12 is within
    # 15 ± 5; at 0 it has been taken back to 5 ahead.
    np.testing.assert_allclose(outputs, [0.0, 0.015, 0.015, 0.005])


def test_a_brake_drops_what_was_under_way_and_travels_half_the_square_of_speed_over_acceleration():
    drivetrain = Drivetrain(replace(SO101, imperfections=Imperfections(delay_s=0.02)), STIFF)
    drivetrain.reset(np.zeros(5))
    drivetrain.command(np.ones(5), np.zeros(5), 0)
    drivetrain.brake(np.full(5, -1.0))
    for step in range(100):
        target = drivetrain.target(step * 4_000_000, STEP_S)
    # v² / 2a = 1 / 40 rad back; a step's worth of rounding is v · step / 2 = 2 mrad.
    np.testing.assert_allclose(target, -0.025, atol=0.0021)


def test_a_command_ends_a_braking():
    drivetrain = Drivetrain(replace(SO101, imperfections=Imperfections()), STIFF)
    drivetrain.brake(np.ones(5))
    drivetrain.command(np.full(5, 0.3), np.zeros(5), 0)
    np.testing.assert_array_equal(drivetrain.target(0, STEP_S), 0.3)
    assert not drivetrain.braking


def test_velocity_is_fed_forward_but_for_the_lag_that_the_spec_states():
    arm = replace(SO101, servo_lag_s=0.01, imperfections=Imperfections())
    drivetrain = Drivetrain(arm, np.full(5, 0.04))
    drivetrain.command(np.full(5, 0.3), np.full(5, -2.0), 0)
    # The servo lags by 40 ms, the arm shall by 10: 30 ms of -2 rad/s ahead of 0.3 rad.
    np.testing.assert_allclose(drivetrain.target(0, STEP_S), 0.3 - 0.06)
