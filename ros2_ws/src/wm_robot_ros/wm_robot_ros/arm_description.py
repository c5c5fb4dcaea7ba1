"""A simulated arm as a URDF and the frames of its links, as an arm's own driver tells them; needs no ROS."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
import pinocchio as pin
from wm_controllers.kinematics import Arm, turning_joints

from wm_robot.core.arrays import FloatArray

COLOUR = "0.8 0.8 0.82 1"


class LinkPlace(NamedTuple):
    """Where a link stands in its parent: frames' names, position (3,), m, and turn (x, y, z, w)."""

    parent: str
    child: str
    p: FloatArray
    quat_xyzw: FloatArray


class ArmDescription:
    """Links are drawn as the capsules that collisions are computed with.

    Args:
        arm: kinematics and shapes.
        joint_names: what ROS calls its joints, in the RobotSpec's order.
        base_frame: that the arm stands in.
        prefix: before each link's name, which is its joint's and `_link`.
    """

    def __init__(self, arm: Arm, joint_names: Sequence[str], base_frame: str, prefix: str = "") -> None:
        self._arm, self._names = arm, joint_names
        self._joints = list(turning_joints(arm))
        self._links = [base_frame, *(f"{prefix}{joint_names[place]}_link" for _, place, *_ in self._joints)]

    def places(self, q: FloatArray) -> list[LinkPlace]:
        """Each link at joints `q` (nq,), rad, in the RobotSpec's order."""
        model = self._arm.model
        data = model.createData()
        pin.forwardKinematics(model, data, np.asarray(q)[self._arm.into_model])
        placed = []
        for number, (parent, *_) in enumerate(self._joints, start=1):
            at = pin.SE3ToXYZQUAT(data.liMi[number])
            placed.append(LinkPlace(self._links[parent + 1], self._links[number], at[:3], at[3:]))
        return placed

    def urdf(self) -> str:
        """Joints with their limits, links with their shapes."""
        spec, robot = self._arm.robot, ET.Element("robot", name=self._arm.robot.name)
        links = [ET.SubElement(robot, "link", name=name) for name in self._links]
        for number, (parent, place, R, p, axis) in enumerate(self._joints, start=1):
            joint = ET.SubElement(robot, "joint", name=self._names[place], type="revolute")
            ET.SubElement(joint, "parent", link=self._links[parent + 1])
            ET.SubElement(joint, "child", link=self._links[number])
            _origin(joint, pin.SE3(R, p))
            ET.SubElement(joint, "axis", xyz=_text(axis))
            limits = {"lower": spec.lower[place], "upper": spec.upper[place], "effort": 0.0}
            limits["velocity"] = spec.max_velocity[place]
            ET.SubElement(joint, "limit", {name: repr(float(value)) for name, value in limits.items()})
        for shape in self._arm.shapes.geometryObjects:
            _draw_capsule(links[shape.parentJoint], shape)
        return ET.tostring(robot, encoding="unicode")


def _draw_capsule(link: ET.Element, shape: pin.GeometryObject) -> None:
    """URDF has no capsules: a cylinder and two balls."""
    radius, half = shape.geometry.radius, shape.geometry.halfLength
    body = {"radius": repr(radius), "length": repr(2 * half)}
    for z, kind, size in (
        (0.0, "cylinder", body),
        (-half, "sphere", {"radius": repr(radius)}),
        (half, "sphere", {"radius": repr(radius)}),
    ):
        visual = ET.SubElement(link, "visual")
        _origin(visual, shape.placement * pin.SE3(np.eye(3), np.array([0.0, 0.0, z])))
        ET.SubElement(ET.SubElement(visual, "geometry"), kind, size)
        ET.SubElement(ET.SubElement(visual, "material", name="arm"), "color", rgba=COLOUR)


def _origin(element: ET.Element, at: pin.SE3) -> None:
    ET.SubElement(element, "origin", xyz=_text(at.translation), rpy=_text(pin.rpy.matrixToRpy(at.rotation)))


def _text(values: FloatArray) -> str:
    return " ".join(repr(float(value)) for value in values)
