"""The UR5e model against the product of Denavit-Hartenberg matrices, written out here a second time."""

import mujoco
import numpy as np
import wm_sim  # noqa: F401  (chooses OpenGL before mujoco does)
from wm_sim.scene import model_path

from wm_robot.core.seeding import rng
from wm_robot.robots import get_robot

# Universal Robots, "DH Parameters for calculations of kinematics and dynamics", UR5e: a, d, alpha, mass.
TABLE = (
    (0.0, 0.1625, np.pi / 2, 3.761),
    (-0.425, 0.0, 0.0, 8.058),
    (-0.3922, 0.0, 0.0, 2.846),
    (0.0, 0.1333, np.pi / 2, 1.37),
    (0.0, 0.0997, -np.pi / 2, 1.3),
    (0.0, 0.0996, 0.0, 0.365),
)


def flange_by_table(q):
    X = np.eye(4)
    for theta, (a, d, alpha, _) in zip(q, TABLE, strict=True):
        ct, st, ca, sa = np.cos(theta), np.sin(theta), np.cos(alpha), np.sin(alpha)
        X = X @ np.array(
            [[ct, -st * ca, st * sa, a * ct], [st, ct * ca, -ct * sa, a * st], [0, sa, ca, d], [0, 0, 0, 1]]
        )
    return X


def test_the_flange_is_where_the_published_table_puts_it():
    robot = get_robot("ur5e")
    model = mujoco.MjModel.from_xml_path(str(model_path(robot)))
    data, random = mujoco.MjData(model), rng(0)
    for _ in range(50):
        q = random.uniform(robot.lower, robot.upper)
        for joint, value in zip(robot.joint_names, q, strict=True):
            data.qpos[model.joint(joint).qposadr[0]] = value
        mujoco.mj_kinematics(model, data)
        expected = flange_by_table(q)
        # Quaternions are shipped with six digits: 1e-6 rad over a reach of 1 m.
        np.testing.assert_allclose(data.body("flange").xpos, expected[:3, 3], atol=2e-6)
        np.testing.assert_allclose(data.body("flange").xmat.reshape(3, 3), expected[:3, :3], atol=2e-6)


def test_the_links_weigh_what_is_published():
    robot = get_robot("ur5e")
    model = mujoco.MjModel.from_xml_path(str(model_path(robot)))
    for joint, (*_, mass_kg) in zip(robot.joint_names, TABLE, strict=True):
        body = model.joint(joint).bodyid[0]
        assert model.body_mass[body] == np.float64(mass_kg)
