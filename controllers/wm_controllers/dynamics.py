"""Rigid-body dynamics of an arm in the joint order of its RobotSpec.

    M(q) v̇ + C(q, v) v + g(q) = τ

M contains the rotors' inertia (`armature`). C is built from Christoffel symbols, so that Ṁ − 2C is
skew-symmetric, which the passivity of the impedance controllers rests on.
Source: Featherstone 2008; Murray, Li and Sastry 1994, chapter 4.
"""

import numpy as np
import pinocchio as pin

from wm_controllers.kinematics import Arm
from wm_robot.core.arrays import FloatArray


def mass_matrix(arm: Arm, q: FloatArray) -> FloatArray:
    """M (nq, nq) at joints `q` (nq,), kg·m²."""
    M = pin.crba(arm.model, arm.data, q[arm.into_model], pin.Convention.WORLD)
    return M[np.ix_(arm.order, arm.order)]


def coriolis_matrix(arm: Arm, q: FloatArray, v: FloatArray) -> FloatArray:
    """C (nq, nq) at joints `q` (nq,), rad, that move at `v` (nq,), rad/s."""
    C = pin.computeCoriolisMatrix(arm.model, arm.data, q[arm.into_model], v[arm.into_model])
    return C[np.ix_(arm.order, arm.order)]


def gravity_torque(arm: Arm, q: FloatArray) -> FloatArray:
    """g (nq,) at joints `q` (nq,): what holds the arm against gravity, N·m."""
    return pin.computeGeneralizedGravity(arm.model, arm.data, q[arm.into_model])[arm.order]


def torque_limit(arm: Arm) -> FloatArray:
    """The largest torque of each motor (nq,), N·m, from the model."""
    return np.array(arm.model.effortLimit)[arm.order]
