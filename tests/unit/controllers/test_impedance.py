"""Joint and operational-space impedance in a closed loop with MuJoCo, which knows nothing of pinocchio."""

import numpy as np
import pinocchio as pin
import pytest
from wm_controllers.controller import JointTarget, PoseTarget
from wm_controllers.damping import modal_damping
from wm_controllers.dynamics import coriolis_matrix, gravity_torque, mass_matrix, torque_limit
from wm_controllers.joint_impedance import JointImpedance, JointImpedanceConfig
from wm_controllers.operational_space import OperationalSpaceConfig, OperationalSpaceImpedance
from wm_controllers.pose_error import pose_error

from wm_robot.core.errors import ShapeError, WmrError
from wm_robot.core.seeding import rng


def pose_target(arm, q, **changes):
    X_WE = arm.place(np.asarray(q))
    x, y, z, w = pin.Quaternion(X_WE.rotation).coeffs()
    return PoseTarget(p_WE=X_WE.translation.copy(), quat_wxyz=np.array([w, x, y, z]), **changes)


def at_rest(q):
    return JointTarget(q=np.array(q), v=np.zeros(len(q)), a=np.zeros(len(q)))


def pose_energy(controller, q, target):
    """½ eᵀ K e of the end effector's spring, J."""
    w, x, y, z = target.quat_wxyz
    X_WT = pin.SE3(pin.Quaternion(w, x, y, z).matrix(), target.p_WE)
    error = pose_error(controller.arm.place(q).actInv(X_WT), len(controller.stiffness))
    return 0.5 * error @ controller.stiffness @ error


def assert_energy_falls(energies):
    # The torque is held over a step of 1 ms, in which it is off by v·dt·K: an error of the order of
    # 1e-4 of the energy at the start, all steps together.
    rises = np.diff(energies)
    assert rises.max() < 1e-4 * energies[0]
    assert energies[-1] < 0.02 * energies[0]


def test_joint_energy_falls_until_the_arm_rests_at_its_target(torque_arm):
    arm, plant = torque_arm
    controller, home = JointImpedance(arm), np.array(arm.robot.home)
    plant.place(home + 0.3, 0.5)
    energies = []
    for _ in range(2000):
        error = home - plant.q
        energies.append(plant.kinetic_energy() + 0.5 * error @ controller.stiffness @ error)
        plant.advance(controller.step(plant.q, plant.v, at_rest(home)))
    assert_energy_falls(energies)
    np.testing.assert_allclose(plant.q, home, atol=0.01)


def test_end_effector_energy_falls_until_it_rests_at_its_target(torque_arm):
    arm, plant = torque_arm
    # Without the posture's spring, which holds energy of its own.
    controller = OperationalSpaceImpedance(arm, OperationalSpaceConfig(posture_rad_s=0.0))
    target = pose_target(arm, arm.robot.home)
    plant.place(np.array(arm.robot.home) + 0.15)
    energies = []
    for _ in range(1500):
        energies.append(plant.kinetic_energy() + pose_energy(controller, plant.q, target))
        plant.advance(controller.step(plant.q, plant.v, target))
    rises = np.diff(energies)
    assert rises.max() < 1e-4 * energies[0]
    assert pose_energy(controller, plant.q, target) < 1e-3 * energies[0]


def test_at_its_target_the_torque_is_that_of_gravity_alone(any_arm):
    home = np.array(any_arm.robot.home)
    gravity = np.clip(gravity_torque(any_arm, home), -torque_limit(any_arm), torque_limit(any_arm))
    still = np.zeros(len(home))
    joint = JointImpedance(any_arm).step(home, still, at_rest(home))
    np.testing.assert_allclose(joint, gravity, atol=1e-12)
    task = OperationalSpaceImpedance(any_arm).step(home, still, pose_target(any_arm, home))
    np.testing.assert_allclose(task, gravity, atol=1e-9)


def test_gravity_compensation_holds_an_arm_still_wherever_it_is(torque_arm):
    arm, plant = torque_arm
    random = rng(0, arm.robot.name)
    for _ in range(5):
        q = random.uniform(0.9 * np.array(arm.robot.lower), 0.9 * np.array(arm.robot.upper))
        plant.place(q)
        for _ in range(1000):
            plant.advance(gravity_torque(arm, plant.q))
        # Unheld, the lightest arm falls half a radian in that second.
        np.testing.assert_allclose(plant.q, q, atol=1e-6)


def test_with_feedforward_a_moving_target_is_followed_without_error(torque_arm):
    arm, plant = torque_arm
    controller, home = JointImpedance(arm), np.array(arm.robot.home)
    plant.place(home)
    worst = 0.0
    for k in range(1500):
        # q* = home + 0.3 (1 − cos 2t), with its derivatives.
        t = k * 0.001
        target = JointTarget(
            q=home + 0.3 * (1 - np.cos(2 * t)),
            v=np.full(len(home), 0.6 * np.sin(2 * t)),
            a=np.full(len(home), 1.2 * np.cos(2 * t)),
        )
        worst = max(worst, np.abs(plant.q - target.q).max())
        plant.advance(controller.step(plant.q, plant.v, target))
    # What is left is the step of 1 ms: a·dt·t is about 1 mrad, of which the springs let little through.
    assert worst < 1e-3


def test_the_coriolis_matrix_keeps_the_power_balance(any_arm):
    # Ṁ − 2C is skew-symmetric: xᵀ (Ṁ − 2C) x = 0 for every x; Ṁ by central differences along v.
    random, h = rng(1), 1e-6
    q, v = np.array(any_arm.robot.home), random.normal(size=any_arm.robot.nq)
    M_dot = (mass_matrix(any_arm, q + h * v) - mass_matrix(any_arm, q - h * v)) / (2 * h)
    S = M_dot - 2 * coriolis_matrix(any_arm, q, v)
    np.testing.assert_allclose(S, -S.T, atol=1e-7)


def test_joint_energy_falls_at_the_rate_that_the_dampers_take(any_arm):
    # Target at rest: d/dt (½ vᵀMv + ½ eᵀKe) = vᵀM v̇ + ½ vᵀṀv − vᵀKe = −vᵀDv. Cancelling the arm's own
    # Coriolis forces would leave ½ vᵀṀv over.
    robot, random, h = any_arm.robot, rng(2), 1e-6
    controller = JointImpedance(any_arm, JointImpedanceConfig(stiffness=0.1))  # far from the torque limits
    q = np.array(robot.home)
    v, e = random.normal(size=robot.nq), 0.1 * random.normal(size=robot.nq)
    M, C = mass_matrix(any_arm, q), coriolis_matrix(any_arm, q, v)
    torque = controller.step(q, v, at_rest(q + e))
    M_dot = (mass_matrix(any_arm, q + h * v) - mass_matrix(any_arm, q - h * v)) / (2 * h)
    inertial_force = torque - C @ v - gravity_torque(any_arm, q)  # M v̇
    rate = v @ inertial_force + 0.5 * v @ M_dot @ v - v @ controller.stiffness @ e
    assert rate == pytest.approx(-v @ modal_damping(M, controller.stiffness, 1.0) @ v, abs=1e-7)


def test_the_posture_moves_the_spare_joint_and_gives_the_tool_no_push(panda):
    q = np.array(panda.robot.home) + 0.2
    target, still = pose_target(panda, q), np.zeros(7)
    with_posture = OperationalSpaceImpedance(panda).step(q, still, target)
    without = OperationalSpaceImpedance(panda, OperationalSpaceConfig(posture_rad_s=0.0)).step(
        q, still, target
    )
    posture = with_posture - without
    acceleration = np.linalg.solve(mass_matrix(panda, q), posture)
    assert np.linalg.norm(acceleration) > 0.1
    panda.place(q)
    # Dynamically consistent: J M⁻¹ τ = 0, but for the 1e-4 that keeps Λ finite.
    np.testing.assert_allclose(panda.jacobian() @ acceleration, 0.0, atol=1e-2 * np.linalg.norm(acceleration))


def test_a_push_of_one_newton_shifts_the_tool_by_the_compliance(torque_arm):
    arm, plant = torque_arm
    controller = OperationalSpaceImpedance(arm, OperationalSpaceConfig(stiffness_n_m=200.0))
    home = np.array(arm.robot.home)
    target = pose_target(arm, home)
    plant.place(home)
    for _ in range(4000):
        R_WE = arm.place(plant.q).rotation
        push = arm.jacobian()[:3].T @ R_WE.T @ [0.0, 0.0, 1.0]  # 1 N upwards at E
        plant.advance(controller.step(plant.q, plant.v, target) + push)
    # 1 N / 200 N/m = 5 mm.
    np.testing.assert_allclose(arm.place(plant.q).translation - target.p_WE, [0, 0, 0.005], atol=1e-4)


def test_damping_is_critical_in_every_mode():
    # m = 4 kg, k = 9 N/m: critical damping is 2 √(k m) = 12 N·s/m.
    assert modal_damping(np.array([[4.0]]), np.array([[9.0]]), 1.0) == pytest.approx(12.0)
    random = rng(0)
    A, B = random.normal(size=(2, 4, 4))
    M, K = A @ A.T + np.eye(4), B @ B.T + np.eye(4)
    D = modal_damping(M, K, 1.0)
    companion = np.block([[np.zeros((4, 4)), np.eye(4)], [-np.linalg.solve(M, K), -np.linalg.solve(M, D)]])
    # Critical: every pole is double and real; a double root is computed to √eps only.
    assert np.abs(np.linalg.eigvals(companion).imag).max() < 1e-5


def test_torques_stop_at_what_the_motors_can_give(panda):
    far = np.array(panda.robot.home) + 1.0
    stiff = JointImpedance(panda, JointImpedanceConfig(stiffness=1e4))
    torque = stiff.step(np.array(panda.robot.home), np.zeros(7), at_rest(far))
    # The datasheet of the Panda: 87 N·m for joints 1 to 4, 12 N·m for joints 5 to 7.
    np.testing.assert_array_equal(torque, [87, 87, 87, 87, 12, 12, 12])


def test_stiffness_for_another_number_of_joints_is_refused(panda):
    with pytest.raises(ShapeError, match=r"stiffness has shape \(3,\), expected \(7\)"):
        JointImpedance(panda, JointImpedanceConfig(stiffness=(1.0, 2.0, 3.0)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: JointImpedanceConfig(stiffness=(100.0, -1.0)),
        lambda: JointImpedanceConfig(damping_ratio=0.0),
        lambda: OperationalSpaceConfig(stiffness_n_m=0.0),
        lambda: OperationalSpaceConfig(posture_rad_s=-1.0),
        lambda: OperationalSpaceConfig(damping_ratio=float("nan")),
    ],
)
def test_springs_that_push_away_are_refused(make):
    with pytest.raises(WmrError, match="must be"):
        make()
