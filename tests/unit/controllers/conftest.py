"""Arms as pinocchio sees them, and as torque-driven MuJoCo models."""

from functools import cache

import mujoco
import numpy as np
import pytest
from wm_controllers.kinematics import load_arm
from wm_sim.scene import model_path

from wm_robot.robots import get_robot


@cache
def arm(name):
    robot = get_robot(name)
    return load_arm(model_path(robot), robot)


class TorqueArm:
    """An arm that weighs something and does what torques do to it, in MuJoCo; joints as in its RobotSpec."""

    def __init__(self, name, timestep_s=0.001):
        robot = get_robot(name)
        spec = mujoco.MjSpec.from_file(str(model_path(robot)))
        for actuator in list(spec.actuators):
            spec.delete(actuator)
        for equality in list(spec.equalities):
            spec.delete(equality)
        for body in spec.bodies:
            body.gravcomp = 0.0
        for joint in list(spec.joints):
            if joint.name in robot.joint_names:
                joint.damping[:] = 0.0  # nothing but the controller may take energy away
            else:
                # The fingers become part of the hand, where load_arm freezes them.
                joint.parent.pos += robot.gripper_holding * joint.axis
                spec.delete(joint)
        spec.option.timestep = timestep_s
        spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        assert [self.model.joint(i).name for i in range(self.model.njnt)] == list(robot.joint_names)

    @property
    def q(self):
        return self.data.qpos.copy()

    @property
    def v(self):
        return self.data.qvel.copy()

    def place(self, q, v=0.0):
        self.data.qpos[:], self.data.qvel[:] = q, v
        mujoco.mj_forward(self.model, self.data)

    def kinetic_energy(self):
        M = np.empty((self.model.nv, self.model.nv))
        mujoco.mj_forward(self.model, self.data)
        mujoco.mj_fullM(self.model, self.data, M)
        return 0.5 * self.data.qvel @ M @ self.data.qvel

    def advance(self, torque):
        self.data.qfrc_applied[:] = torque
        mujoco.mj_step(self.model, self.data)


@pytest.fixture(params=["panda", "ur5e"])
def torque_arm(request):
    return arm(request.param), TorqueArm(request.param)


@pytest.fixture
def panda():
    return arm("panda")


@pytest.fixture
def so101():
    return arm("so101")


@pytest.fixture(params=["panda", "so101", "ur5e"])
def any_arm(request):
    return arm(request.param)
