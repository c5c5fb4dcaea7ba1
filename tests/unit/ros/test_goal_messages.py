"""What a goal message asks for."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
from wm_controllers.kinematics import load_arm
from wm_robot_ros.goal_messages import (
    check_ends,
    goal_of,
    images_goal,
    joints_goal,
    pictures_by_name,
    pose_goal,
)
from wm_sim.scene import model_path

from wm_robot.core.errors import WmrError
from wm_robot.core.spaces import ObservationSpace
from wm_robot.core.types import Goal
from wm_robot.robots import get_robot

SENSES = ObservationSpace(cameras=("front", "top"), image_size=(8, 8), proprio_names=("ee_x", "ee_y", "ee_z"))


def test_pictures_of_any_size_are_fitted_to_the_model():
    tall = np.zeros((32, 16, 3), np.uint8)
    goal = images_goal({"top": tall, "front": tall, "side": tall}, SENSES)
    assert {name: image.shape for name, image in goal.images.items()} == {
        "front": (8, 8, 3),
        "top": (8, 8, 3),
    }


def test_a_missing_picture_is_named_with_those_that_came():
    with pytest.raises(WmrError, match=r"no goal picture of top; .*given: front"):
        images_goal({"front": np.zeros((8, 8, 3), np.uint8)}, SENSES)


def test_images_without_as_many_names_are_refused(messages):
    with pytest.raises(WmrError, match="1 camera_names and 0 images"):
        pictures_by_name(["front"], [])


def test_a_pose_becomes_the_proprioception_of_the_same_axes(messages):
    goal = pose_goal(messages.Point(x=0.4, y=-0.1, z=0.2), "base_link", "base_link", SENSES)
    assert goal.pose == {"ee_x": 0.4, "ee_y": -0.1, "ee_z": 0.2}


@pytest.mark.parametrize(
    ("x", "frame", "words"),
    [(0.4, "camera", "valid: 'base_link'"), (float("nan"), "", "NaN")],
)
def test_a_pose_elsewhere_or_nowhere_is_refused(messages, x, frame, words):
    with pytest.raises(WmrError, match=words):
        pose_goal(messages.Point(x=x, y=0.0, z=0.2), frame, "base_link", SENSES)


def test_joints_are_read_by_name_and_lead_to_their_tip(messages):
    panda = get_robot("panda")
    arm = load_arm(model_path(panda), panda)
    shuffled = [*reversed(panda.joint_names), "finger"]
    state = messages.JointState(name=shuffled, position=[*reversed(panda.home), 0.0])
    goal = joints_goal(state, panda.joint_names, arm, SENSES)
    tip = arm.place(np.array(panda.home)).translation
    np.testing.assert_allclose(list(goal.pose.values()), tip, atol=1e-12)


def test_joints_of_another_arm_are_refused(messages):
    panda = get_robot("panda")
    state = messages.JointState(name=["elbow"], position=[0.0])
    with pytest.raises(WmrError, match="elbow"):
        joints_goal(state, panda.joint_names, load_arm(model_path(panda), panda), SENSES)


def request(kind, **fields):
    return SimpleNamespace(STORED=0, IMAGES=1, POSE=2, JOINTS=3, kind=kind, **fields)


def test_each_kind_of_request_becomes_its_goal(messages):
    panda = get_robot("panda")
    arm = load_arm(model_path(panda), panda)
    kept = Goal(latent=np.zeros(1))
    given = {"stored": lambda: kept, "arm": arm, "base_frame": "base_link", "senses": SENSES}
    picture = messages.Image(height=8, width=8, encoding="rgb8", step=24, data=bytes(192))
    pose = messages.PoseStamped()
    pose.pose.position.x = 0.4
    joints = messages.JointState(name=list(panda.joint_names), position=list(panda.home))
    assert goal_of(request(0), **given) is kept
    images = request(1, camera_names=["front", "top"], images=[picture, picture])
    assert set(goal_of(images, **given).images) == {"front", "top"}
    assert goal_of(request(2, pose=pose), **given).pose == {"ee_x": 0.4, "ee_y": 0.0, "ee_z": 0.0}
    assert goal_of(request(3, joints=joints), **given).pose.keys() == {"ee_x", "ee_y", "ee_z"}
    with pytest.raises(WmrError, match=r"kind is 7; valid: 0 \(STORED\)"):
        goal_of(request(7), **given)


@pytest.mark.parametrize(
    ("time_limit", "tolerance", "why"),
    [
        (math.nan, 0.0, "time_limit_s is nan; valid: 0.2 to 600 s"),
        (math.inf, 0.0, "time_limit_s is inf"),
        (-1.0, 0.0, "time_limit_s is -1.0"),
        (1e9, 0.0, "time_limit_s is 1000000000.0"),
        (5.0, math.nan, "tolerance is nan; valid: 0 and above"),
        (5.0, -0.1, "tolerance is -0.1"),
    ],
)
def test_a_goal_that_could_not_end_as_it_says_is_refused(time_limit, tolerance, why):
    with pytest.raises(WmrError, match=re.escape(why)):
        check_ends(SimpleNamespace(time_limit=time_limit, tolerance=tolerance))


def test_a_goal_without_a_time_limit_takes_that_of_the_planner():
    check_ends(SimpleNamespace(time_limit=0.0, tolerance=0.0))
