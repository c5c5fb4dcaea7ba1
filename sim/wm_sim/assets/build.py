"""Regenerates the shipped robot models: `python -m wm_sim.assets.build [ROBOT ...]`.

Kinematics, limits and inertias are taken from the published description as they are. Meshes are
replaced by a few capsules a link, because a software renderer draws those several times faster.
Needs the extra `assets` (example-robot-data, trimesh).
"""

import math
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

import mujoco
import numpy as np
import trimesh

from wm_robot.core.files import write_atomic
from wm_robot.robots import ROBOTS, RobotSpec, get_robot
from wm_sim.assets.capsules import Capsule, fit_capsules, sample_hull

ASSETS = Path(__file__).parent
DESCRIPTIONS = Path(sys.prefix) / "lib"
NATURAL_FREQUENCY_RAD_S = 45.0
"""Of every position-controlled joint about its home inertia: fast against a 200 ms control period."""

ARMATURE_KG_M2 = 0.05
"""Reflected inertia of the geared motors, which descriptions leave out."""

TOOL_RADIUS_M = 0.02
ARM_RGBA = (0.78, 0.79, 0.80, 1.0)
TOOL_RGBA = (0.08, 0.08, 0.10, 1.0)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one description becomes a model.

    Args:
        urdf: path below the `robots` folder of example-robot-data.
        capsules: number of capsules for each link that has a mesh.
        tool_parent: link that carries the pushing tool.
        tool_tip: its lowest point, the origin of the end-effector frame, m in that link's frame.
        tool_quat_wxyz: orientation of the end-effector frame, whose z axis runs along the tool.
        tool_length: from the tip to where the tool enters the gripper, m.
    """

    urdf: str
    capsules: dict[str, int]
    tool_parent: str
    tool_tip: tuple[float, float, float]
    tool_length: float
    tool_quat_wxyz: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    gripper_kp: float = field(default=200.0)


RECIPES = {
    "panda": Recipe(
        urdf="panda_description/urdf/panda.urdf",
        capsules={
            "panda_link0": 1,
            "panda_link1": 2,
            "panda_link2": 2,
            "panda_link3": 2,
            "panda_link4": 2,
            "panda_link5": 2,
            "panda_link6": 2,
            "panda_link7": 1,
            "panda_hand": 1,
            "panda_leftfinger": 1,
            "panda_rightfinger": 1,
        },
        tool_parent="panda_hand",
        tool_tip=(0.0, 0.0, 0.19),
        tool_length=0.11,
    ),
}


def build(robot: RobotSpec, recipe: Recipe) -> str:
    """The MJCF text of `robot`."""
    urdf = ET.parse(_descriptions() / recipe.urdf).getroot()
    capsules = {link: _link_capsules(urdf, link, count) for link, count in recipe.capsules.items()}
    spec = mujoco.MjSpec.from_string(_without_geometry(urdf))
    spec.modelname = robot.name
    for link, fitted in capsules.items():
        body = spec.body(link)
        # Links that are welded to the world come out of the URDF as the world itself.
        for number, capsule in enumerate(fitted):
            _add_capsule(body or spec.worldbody, f"{link}_{number}", capsule, ARM_RGBA)
    for body in spec.bodies[1:]:
        body.gravcomp = 1.0
    _add_tool(spec, recipe)
    _add_actuators(spec, robot, recipe)
    spec.compile()
    return _rounded(spec.to_xml(), robot)


def _descriptions() -> Path:
    found = next(
        DESCRIPTIONS.glob("python3*/site-packages/cmeel.prefix/share/example-robot-data/robots"), None
    )
    if found is None:
        raise SystemExit(
            "example-robot-data is not installed; install it with: pip install 'wm_robot[assets]'"
        )
    return found


def _without_geometry(urdf: ET.Element) -> str:
    for link in urdf.iter("link"):
        for tag in ("visual", "collision"):
            for element in link.findall(tag):
                link.remove(element)
        # A frame without mass is written with a zero inertial, which MuJoCo refuses.
        inertial = link.find("inertial")
        mass = None if inertial is None else inertial.find("mass")
        if inertial is not None and mass is not None and float(mass.get("value", "0")) < 1e-6:
            link.remove(inertial)
    extension = ET.SubElement(ET.SubElement(urdf, "mujoco"), "compiler")
    extension.set("fusestatic", "false")
    extension.set("balanceinertia", "false")
    return ET.tostring(urdf, encoding="unicode")


def _link_capsules(urdf: ET.Element, name: str, count: int) -> list[Capsule]:
    """Capsules around all meshes and boxes of a link, in the link's frame."""
    link = next(link for link in urdf.iter("link") if link.get("name") == name)
    rng = np.random.default_rng(0)
    solids = []
    for element in link.findall("collision") or link.findall("visual"):
        file, box = element.find("geometry/mesh"), element.find("geometry/box")
        if file is not None:
            path = file.get("filename", "").replace("package://example-robot-data/robots/", "")
            mesh = trimesh.load_mesh(_descriptions() / path)
        elif box is not None:
            mesh = trimesh.creation.box(extents=[float(v) for v in box.get("size", "").split()])
        else:
            continue
        origin = element.find("origin")
        xyz, rpy = (origin.get("xyz"), origin.get("rpy")) if origin is not None else (None, None)
        X = trimesh.transformations.euler_matrix(*map(float, (rpy or "0 0 0").split()), axes="sxyz")
        X[:3, 3] = [float(v) for v in (xyz or "0 0 0").split()]
        solids.append(mesh.apply_transform(X).convex_hull)
    total = sum(solid.volume for solid in solids)
    points = [sample_hull(solid.vertices, round(6000 * solid.volume / total), rng) for solid in solids]
    return fit_capsules(np.concatenate(points), count, rng)


def _add_capsule(
    body: mujoco.MjsBody, name: str, capsule: Capsule, rgba: tuple[float, float, float, float]
) -> None:
    # A capsule of zero length is a sphere that MuJoCo refuses: keep a tenth of a millimetre.
    end = capsule.end
    if np.linalg.norm(end - capsule.start) < 1e-4:
        end = capsule.start + np.array([0.0, 0.0, 1e-4])
    body.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=[*capsule.start, *end],
        size=[capsule.radius, 0, 0],
        rgba=rgba,
        mass=0.0,
        # The arm meets the world's objects but never itself.
        contype=2,
        conaffinity=0,
    )


def _add_tool(spec: mujoco.MjSpec, recipe: Recipe) -> None:
    """A round stick held by the gripper; its lowest point is the end-effector frame."""
    # A body rather than a site: pinocchio misplaces sites of bodies that have no joint of their own.
    body = spec.body(recipe.tool_parent).add_body(
        name="end_effector", pos=recipe.tool_tip, quat=recipe.tool_quat_wxyz, gravcomp=1.0
    )
    start, end = np.array([0.0, 0.0, -recipe.tool_length]), np.array([0.0, 0.0, -TOOL_RADIUS_M])
    _add_capsule(body, "tool", Capsule(start=start, end=end, radius=TOOL_RADIUS_M), TOOL_RGBA)


def _add_actuators(spec: mujoco.MjSpec, robot: RobotSpec, recipe: Recipe) -> None:
    """Position servos: k_p = ω² M_ii, k_v = 2 ω M_ii (critically damped about the home pose)."""
    model = spec.compile()
    data = mujoco.MjData(model)
    for joint, q in zip(robot.joint_names, robot.home, strict=True):
        data.qpos[model.joint(joint).qposadr[0]] = q
    mujoco.mj_forward(model, data)
    M = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, M)
    for joint in robot.joint_names:
        dof = model.joint(joint).dofadr[0]
        inertia = float(M[dof, dof]) + ARMATURE_KG_M2
        spec.joint(joint).armature = ARMATURE_KG_M2
        _add_servo(spec, joint, inertia * NATURAL_FREQUENCY_RAD_S**2, 2 * inertia * NATURAL_FREQUENCY_RAD_S)
    if robot.gripper_joint is not None:
        spec.joint(robot.gripper_joint).armature = ARMATURE_KG_M2
        _add_servo(
            spec, robot.gripper_joint, recipe.gripper_kp, 2 * math.sqrt(recipe.gripper_kp * ARMATURE_KG_M2)
        )


def _add_servo(spec: mujoco.MjSpec, joint: str, kp: float, kv: float) -> None:
    spec.add_actuator(
        name=joint,
        target=joint,
        trntype=mujoco.mjtTrn.mjTRN_JOINT,
        gaintype=mujoco.mjtGain.mjGAIN_FIXED,
        biastype=mujoco.mjtBias.mjBIAS_AFFINE,
        gainprm=[kp, *[0.0] * 9],
        biasprm=[0.0, -kp, -kv, *[0.0] * 7],
        ctrlrange=list(spec.joint(joint).range),
        ctrllimited=True,
    )


def _rounded(xml: str, robot: RobotSpec) -> str:
    header = (
        f"<!-- Generated by wm_sim/assets/build.py. Source: {robot.source}. Licence: {robot.licence}. -->\n"
    )
    return header + xml


def main(names: list[str]) -> None:
    for name in names or list(ROBOTS):
        robot = get_robot(name)
        write_atomic(ASSETS / f"{name}.xml", build(robot, RECIPES[name]).encode())
        print(f"wrote {ASSETS / f'{name}.xml'}")


if __name__ == "__main__":
    main(sys.argv[1:])
