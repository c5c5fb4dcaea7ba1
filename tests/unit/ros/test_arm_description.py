"""What a simulated arm tells of its links, read back by pinocchio as RViz reads it."""

from xml.etree import ElementTree as ET

import numpy as np
import pinocchio as pin
import pytest
from wm_controllers.kinematics import load_arm
from wm_robot_ros.arm_description import ArmDescription
from wm_sim.scene import model_path

from wm_robot.robots import ROBOTS, get_robot


@pytest.fixture(params=list(ROBOTS))
def arm(request):
    robot = get_robot(request.param)
    return load_arm(model_path(robot), robot)


def configurations(robot):
    lower, upper = np.array(robot.lower), np.array(robot.upper)
    return lower + (upper - lower) * np.random.default_rng(0).uniform(size=(20, len(lower)))


def described(arm):
    names = [f"left_{name}" for name in arm.robot.joint_names]
    return ArmDescription(arm, names, "world", prefix="left/"), names


def test_the_urdf_has_the_arms_kinematics_and_limits(arm):
    description, names = described(arm)
    model = pin.buildModelFromXML(description.urdf())
    data = model.createData()
    order = [model.joints[model.getJointId(name)].idx_q for name in names]
    np.testing.assert_allclose(model.lowerPositionLimit[order], arm.robot.lower)
    np.testing.assert_allclose(model.velocityLimit[order], arm.robot.max_velocity)
    last = model.getJointId(names[-1])
    for q in configurations(arm.robot):
        theirs = np.empty(model.nq)
        theirs[order] = q
        pin.forwardKinematics(model, data, theirs)
        arm.place(q)
        ours = arm.data.oMi[arm.model.getJointId(arm.robot.joint_names[-1])]
        assert ours.isApprox(data.oMi[last], 1e-9)


def test_the_frames_lead_from_the_base_to_where_each_joint_is(arm):
    description, _ = described(arm)
    for q in configurations(arm.robot):
        arm.place(q)
        stands = {"world": pin.SE3.Identity()}
        for place in description.places(q):
            stands[place.child] = stands[place.parent] * pin.XYZQUATToSE3(np.r_[place.p, place.quat_xyzw])
        for name in arm.robot.joint_names:
            want = arm.data.oMi[arm.model.getJointId(name)]
            assert stands[f"left/left_{name}_link"].isApprox(want, 1e-9)


def test_every_capsule_is_drawn_on_its_link(arm):
    description, _ = described(arm)
    robot = ET.fromstring(description.urdf())
    drawn = {link.get("name"): len(link.findall("visual")) for link in robot.findall("link")}
    assert drawn["world"] > 0
    assert sum(drawn.values()) == 3 * len(arm.shapes.geometryObjects)
    radii = sorted(float(cylinder.get("radius")) for cylinder in robot.iter("cylinder"))
    assert radii == sorted(shape.geometry.radius for shape in arm.shapes.geometryObjects)
