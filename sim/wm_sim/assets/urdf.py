"""Arms from the published descriptions in the package example-robot-data."""

import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
import trimesh

from wm_sim.assets.capsules import Capsule, add_capsule, fit_capsules, sample_hull

SITE_PACKAGES = Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
DESCRIPTIONS = SITE_PACKAGES / "cmeel.prefix/share/example-robot-data/robots"
ARM_RGBA = (0.78, 0.79, 0.80, 1.0)


@dataclass(frozen=True, kw_only=True)
class UrdfSource:
    """A description and how many capsules stand for the meshes of each of its links.

    Args:
        path: of the URDF, below the `robots` folder of example-robot-data.
        capsules: count by link name.
    """

    path: str
    capsules: dict[str, int]

    def __call__(self) -> mujoco.MjSpec:
        """The arm with kinematics, limits and inertias as published, and capsules for meshes."""
        if not DESCRIPTIONS.exists():
            raise SystemExit(
                "example-robot-data is not installed; install it with: pip install 'wm_robot[assets]'"
            )
        urdf = ET.parse(DESCRIPTIONS / self.path).getroot()
        capsules = {link: _link_capsules(urdf, link, count) for link, count in self.capsules.items()}
        spec = mujoco.MjSpec.from_string(_without_geometry(urdf))
        for link, fitted in capsules.items():
            for number, capsule in enumerate(fitted):
                add_capsule(spec.body(link), f"{link}_{number}", capsule, ARM_RGBA)
        return spec


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
    ET.SubElement(ET.SubElement(urdf, "mujoco"), "compiler", fusestatic="false")
    return ET.tostring(urdf, encoding="unicode")


def _link_capsules(urdf: ET.Element, name: str, count: int) -> list[Capsule]:
    """Capsules around the convex hulls of a link's meshes and boxes, in the link's frame."""
    link = next(link for link in urdf.iter("link") if link.get("name") == name)
    rng = np.random.default_rng(0)
    solids = [_solid(element) for element in link.findall("collision")]
    total = sum(solid.volume for solid in solids)
    points = [sample_hull(solid.vertices, round(6000 * solid.volume / total), rng) for solid in solids]
    return fit_capsules(np.concatenate(points), count, rng)


def _solid(element: ET.Element) -> trimesh.Trimesh:
    """The convex hull of one <collision> element, in the link's frame."""
    mesh, box, origin = (element.find(tag) for tag in ("geometry/mesh", "geometry/box", "origin"))
    if mesh is not None:
        path = mesh.get("filename", "").replace("package://example-robot-data/robots/", "")
        solid = trimesh.load_mesh(DESCRIPTIONS / path)
    elif box is not None:
        solid = trimesh.creation.box(extents=_numbers(box, "size"))
    else:
        raise SystemExit(
            f"only meshes and boxes can be fitted, got {ET.tostring(element, encoding='unicode')}"
        )
    X = np.eye(4)
    if origin is not None:
        X = trimesh.transformations.euler_matrix(*_numbers(origin, "rpy"), axes="sxyz")
        X[:3, 3] = _numbers(origin, "xyz")
    return solid.apply_transform(X).convex_hull


def _numbers(element: ET.Element, attribute: str) -> list[float]:
    return [float(value) for value in element.get(attribute, "0 0 0").split()]
