"""The UR5e from Universal Robots' published Denavit-Hartenberg parameters, masses and centres of mass.

Source: universal-robots.com, "DH Parameters for calculations of kinematics and dynamics". Nominal
values: a real arm's factory calibration differs by up to a few millimetres at the flange.
"""

from dataclasses import dataclass

import mujoco
import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.robots import get_robot
from wm_sim.assets.capsules import Capsule, add_capsule
from wm_sim.assets.urdf import ARM_RGBA

Vector = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Link:
    """One row of the table and the shape of the link that it moves.

    Args:
        d, a, alpha: Rz(θ) Tz(d) Tx(a) Rx(alpha) leads from the last frame to this one; m, rad.
        mass_kg: of the link.
        centre: of mass, m, in this DH frame.
        shape: (start, end, radius) of its capsules, m, in the last frame turned by θ. The first one
            stands for the link's inertia too: a solid cylinder of the link's mass.
        torque: limit of the joint, N m.
    """

    d: float
    a: float
    alpha: float
    mass_kg: float
    centre: Vector
    shape: tuple[tuple[Vector, Vector, float], ...]
    torque: float


HALF_TURN = np.pi / 2
LINKS = (
    Link(
        d=0.1625,
        a=0.0,
        alpha=HALF_TURN,
        mass_kg=3.761,
        centre=(0.0, -0.02561, 0.00193),
        shape=(
            ((0.0, 0.0, 0.06), (0.0, 0.0, 0.1625), 0.06),
            ((0.0, 0.0, 0.1625), (0.0, -0.09, 0.1625), 0.06),
        ),
        torque=150.0,
    ),
    Link(
        d=0.0,
        a=-0.425,
        alpha=0.0,
        mass_kg=8.058,
        centre=(0.2125, 0.0, 0.11336),
        shape=(
            ((0.0, 0.0, 0.138), (-0.425, 0.0, 0.138), 0.055),
            ((-0.425, 0.0, 0.138), (-0.425, 0.0, 0.05), 0.05),
        ),
        torque=150.0,
    ),
    Link(
        d=0.0,
        a=-0.3922,
        alpha=0.0,
        mass_kg=2.846,
        centre=(0.15, 0.0, 0.0265),
        shape=(((0.0, 0.0, 0.017), (-0.3922, 0.0, 0.017), 0.042),),
        torque=150.0,
    ),
    Link(
        d=0.1333,
        a=0.0,
        alpha=HALF_TURN,
        mass_kg=1.37,
        centre=(0.0, -0.0018, 0.01634),
        shape=(((0.0, 0.0, 0.06), (0.0, 0.0, 0.1333), 0.04),),
        torque=28.0,
    ),
    Link(
        d=0.0997,
        a=0.0,
        alpha=-HALF_TURN,
        mass_kg=1.3,
        centre=(0.0, 0.0018, 0.01634),
        shape=(((0.0, 0.0, 0.03), (0.0, 0.0, 0.0997), 0.04),),
        torque=28.0,
    ),
    Link(
        d=0.0996,
        a=0.0,
        alpha=0.0,
        mass_kg=0.365,
        centre=(0.0, 0.0, -0.001159),
        shape=(((0.0, 0.0, 0.05), (0.0, 0.0, 0.075), 0.036),),
        torque=28.0,
    ),
)


def offset(link: Link) -> FloatArray:
    """Tz(d) Tx(a) Rx(alpha) as a homogeneous matrix (4, 4)."""
    c, s = np.cos(link.alpha), np.sin(link.alpha)
    return np.array([[1, 0, 0, link.a], [0, c, -s, 0], [0, s, c, link.d], [0, 0, 0, 1]])


def ur5e() -> mujoco.MjSpec:
    """The arm, base frame as in the DH table; body i is the DH frame i − 1 turned by θ_i."""
    robot = get_robot("ur5e")
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    body = spec.worldbody.add_body(name="base")
    add_capsule(body, "base_0", Capsule(start=np.zeros(3), end=np.array([0, 0, 0.04]), radius=0.07), ARM_RGBA)
    X = np.eye(4)
    for number, (joint, link) in enumerate(zip(robot.joint_names, LINKS, strict=True)):
        name = joint.removesuffix("_joint") + "_link"
        body = body.add_body(name=name, pos=X[:3, 3], quat=_quat_wxyz(X[:3, :3]))
        limits = [robot.lower[number], robot.upper[number]]
        body.add_joint(name=joint, axis=[0, 0, 1], range=limits, actfrcrange=[-link.torque, link.torque])
        X = offset(link)
        _add_inertia(body, link, X)
        for part, (start, end, radius) in enumerate(link.shape):
            capsule = Capsule(start=np.array(start), end=np.array(end), radius=radius)
            add_capsule(body, f"{name}_{part}", capsule, ARM_RGBA)
    body.add_body(name="flange", pos=X[:3, 3], quat=_quat_wxyz(X[:3, :3]))
    return spec


def _add_inertia(body: mujoco.MjsBody, link: Link, X: FloatArray) -> None:
    start, end, radius = link.shape[0]
    along = np.subtract(end, start)
    length = float(np.linalg.norm(along)) + radius
    body.explicitinertial = True
    body.mass = link.mass_kg
    body.ipos = X[:3, :3] @ link.centre + X[:3, 3]
    mujoco.mju_quatZ2Vec(body.iquat, along / np.linalg.norm(along))
    across = link.mass_kg * (3 * radius**2 + length**2) / 12
    body.inertia = [across, across, link.mass_kg * radius**2 / 2]


def _quat_wxyz(R: FloatArray) -> FloatArray:
    quat_wxyz = np.empty(4)
    mujoco.mju_mat2Quat(quat_wxyz, np.ascontiguousarray(R).ravel())
    return quat_wxyz
