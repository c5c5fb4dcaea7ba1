"""Two independent libraries read the same model files alike: places, velocities, weights and inertias."""

import mujoco
import numpy as np
import pytest
import wm_sim  # noqa: F401  (chooses OpenGL before mujoco does)
from wm_controllers.dynamics import coriolis_matrix, gravity_torque, mass_matrix
from wm_controllers.kinematics import load_arm
from wm_sim.scene import model_path

from wm_robot.core.seeding import rng
from wm_robot.robots import get_robot

CONFIGURATIONS = 1000
# Both compute in double precision; torques are the largest figures, some 50 N·m.
TOLERANCE = 1e-6


@pytest.mark.parametrize("name", ["so101", "ur5e", "panda"])
def test_kinematics_and_dynamics_agree_wherever_the_arm_is(name):
    robot, random = get_robot(name), rng(0, name)
    arm = load_arm(model_path(robot), robot)
    model = mujoco.MjModel.from_xml_path(str(model_path(robot)))
    # Random configurations collide and pull at the fingers; only inertia and bias force are compared.
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT | mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
    data = mujoco.MjData(model)
    # Joints that are not the arm's are the gripper's; load_arm freezes them here.
    data.qpos[:] = robot.gripper_holding
    qi = [model.joint(joint).qposadr[0] for joint in robot.joint_names]
    vi = [model.joint(joint).dofadr[0] for joint in robot.joint_names]
    tip = model.body(robot.end_effector).id
    J_mj, M_mj = np.empty((6, model.nv)), np.empty((model.nv, model.nv))
    for _ in range(CONFIGURATIONS):
        q, v = random.uniform(robot.lower, robot.upper), random.uniform(-2.0, 2.0, robot.nq)
        data.qpos[qi] = q
        data.qvel[:] = 0.0
        mujoco.mj_forward(model, data)  # qfrc_bias at rest is gravity; gravcomp is a force of its own
        R_WE = data.xmat[tip].reshape(3, 3)
        X_WE = arm.place(q)
        np.testing.assert_allclose(X_WE.translation, data.xpos[tip], atol=TOLERANCE)
        np.testing.assert_allclose(X_WE.rotation, R_WE, atol=TOLERANCE)
        mujoco.mj_jacBody(model, data, J_mj[:3], J_mj[3:], tip)
        J_WE = np.kron(np.eye(2), R_WE) @ arm.jacobian()  # MuJoCo expresses velocities in the world
        np.testing.assert_allclose(J_WE, J_mj[:, vi], atol=TOLERANCE)
        gravity = data.qfrc_bias[vi].copy()
        np.testing.assert_allclose(gravity_torque(arm, q), gravity, atol=TOLERANCE)
        mujoco.mj_fullM(model, data, M_mj)
        np.testing.assert_allclose(mass_matrix(arm, q), M_mj[np.ix_(vi, vi)], atol=TOLERANCE)
        data.qvel[vi] = v
        mujoco.mj_forward(model, data)
        np.testing.assert_allclose(
            coriolis_matrix(arm, q, v) @ v, data.qfrc_bias[vi] - gravity, atol=TOLERANCE
        )
