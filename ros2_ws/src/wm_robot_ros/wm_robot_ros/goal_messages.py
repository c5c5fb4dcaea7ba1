"""What a goal message asks for → core.types.Goal; needs no ROS."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from wm_controllers.kinematics import Arm
from wm_hardware.ros_images import decode

from wm_robot.core.errors import WmrError
from wm_robot.core.joints import places
from wm_robot.core.spaces import ObservationSpace
from wm_robot.core.types import Goal, Image
from wm_robot.data.frames import fitted
from wm_robot_ros.cell_settings import CellSettings


def goal_of(
    request: Any, *, stored: Callable[[], Goal], arm: Arm, base_frame: str, senses: ObservationSpace
) -> Goal:
    """What a ReachGoal asks for.

    Args:
        request: the goal of the action.
        stored: gives the goal that is kept; raises WmrError where there is none.
        arm: kinematics.
        base_frame: frame of positions.
        senses: of the model.

    Raises:
        WmrError: pictures or joints are missing, or no numbers, or in another frame.
    """
    if request.kind == request.STORED:
        return stored()
    if request.kind == request.IMAGES:
        return images_goal(pictures_by_name(request.camera_names, request.images), senses)
    if request.kind == request.POSE:
        return pose_goal(request.pose.pose.position, request.pose.header.frame_id, base_frame, senses)
    if request.kind == request.JOINTS:
        return joints_goal(request.joints, arm.robot.joint_names, arm, senses)
    raise WmrError(f"kind is {request.kind}; valid: 0 (STORED), 1 (IMAGES), 2 (POSE), 3 (JOINTS)")


def check_ends(request: Any) -> None:
    """Raises WmrError: the time limit or the tolerance of a ReachGoal is not valid."""
    if request.time_limit != 0.0:  # which takes the parameter
        replace(CellSettings(), time_limit_s=request.time_limit)
    if not 0.0 <= request.tolerance < math.inf:
        raise WmrError(f"tolerance is {request.tolerance}; valid: 0 and above, finite")


def images_goal(pictures: Mapping[str, Image], senses: ObservationSpace) -> Goal:
    """A goal of one picture a camera, of any size; raises WmrError where one is missing."""
    missing = [name for name in senses.cameras if name not in pictures]
    if missing:
        raise WmrError(
            f"no goal picture of {', '.join(missing)}; the model reads {', '.join(senses.cameras)}, "
            f"given: {', '.join(pictures) or 'none'}"
        )
    height, width = senses.image_size
    return Goal(images={name: fitted(pictures[name], height, width) for name in senses.cameras})


def pictures_by_name(names: Sequence[str], images: Sequence[Any]) -> dict[str, Image]:
    """Decoded sensor_msgs/Image by camera name; raises WmrError."""
    if len(names) != len(images):
        raise WmrError(f"{len(names)} camera_names and {len(images)} images; one name for each image")
    return {name: decode(image) for name, image in zip(names, images, strict=True)}


def pose_goal(position: Any, frame: str, base_frame: str, senses: ObservationSpace) -> Goal:
    """A goal at a geometry_msgs/Point, m; raises WmrError where it is not finite or in another frame."""
    if frame not in ("", base_frame):
        raise WmrError(f"the goal's frame is {frame!r}; valid: {base_frame!r}")
    return _at((position.x, position.y, position.z), senses)


def joints_goal(joints: Any, joint_names: Sequence[str], arm: Arm, senses: ObservationSpace) -> Goal:
    """A goal where the tip is at a sensor_msgs/JointState; raises WmrError where a joint is missing."""
    order = places(joints.name, joint_names)
    if len(joints.position) != len(joints.name):
        raise WmrError(f"{len(joints.name)} joint names and {len(joints.position)} positions")
    q = np.array([joints.position[i] for i in order])
    return _at(arm.place(arm.joints("goal joints", q)).translation, senses)


def _at(p_WE: Any, senses: ObservationSpace) -> Goal:
    if not np.isfinite(p_WE).all():
        raise WmrError(f"the goal's position {tuple(p_WE)} holds NaN or infinity")
    return Goal(pose={name: float(p_WE["xyz".index(name[-1])]) for name in senses.proprio_names})
