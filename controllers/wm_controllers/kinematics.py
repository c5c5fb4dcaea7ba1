"""A robot's arm as a pinocchio model: joints by name, one frame at the tool, the gripper frozen."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike, NDArray

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import UnknownNameError
from wm_robot.robots import RobotSpec

TOOL_DOWN_QUAT_WXYZ = np.array([0.0, 1.0, 0.0, 0.0])
"""Of the end effector in the world with its z axis, which points out of the tool, straight down."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Arm:
    """Model and scratch memory of one arm; arrays are in the joint order of the RobotSpec.

    W is the model's world frame, E the RobotSpec's end effector. `data` is overwritten by every call:
    not thread-safe.

    Args:
        robot: the arm.
        model: its joints, without those of the gripper.
        data: what pinocchio last computed.
        shapes: its collision capsules, those of the gripper with it.
        frame: number of E among the model's frames.
        order: where in the model's q and v each joint of the RobotSpec is (nq,).
        into_model: the inverse of `order`: `q[into_model]` is in the model's order (nq,).
    """

    robot: RobotSpec
    model: pin.Model
    data: pin.Data
    shapes: pin.GeometryModel
    frame: int
    order: NDArray[np.intp]
    into_model: NDArray[np.intp]

    def joints(self, what: str, value: ArrayLike) -> FloatArray:
        """`value` as one finite number a joint (nq,); raises ShapeError, NotFiniteError naming the joint."""
        return finite_array(what, value, (self.robot.nq,), names=self.robot.joint_names)

    def place(self, q: FloatArray) -> pin.SE3:
        """X_WE at joints `q` (nq,); `jacobian` then speaks of the same joints."""
        pin.computeJointJacobians(self.model, self.data, q[self.into_model])
        return pin.updateFramePlacement(self.model, self.data, self.frame)

    def jacobian(self) -> FloatArray:
        """Body Jacobian J_E (6, nq) where `place` put the arm.

        J_E v is the (linear, angular) velocity of E, expressed in E, m/s and rad/s.
        """
        J = pin.getFrameJacobian(self.model, self.data, self.frame, pin.ReferenceFrame.LOCAL)
        return J[:, self.order]


def load_arm(model_path: Path, robot: RobotSpec) -> Arm:
    """The arm that `robot` describes, out of an MJCF file.

    Args:
        model_path: MJCF file; joints that are not the arm's are the gripper's, and are frozen at
            `robot.gripper_holding`.
        robot: names the arm's joints and its end-effector frame.

    Raises:
        UnknownNameError: the model lacks a joint or the end-effector frame.
    """
    full = pin.buildModelFromMJCF(str(model_path))
    names: list[str] = list(full.names)[1:]  # the first is the universe
    for joint in robot.joint_names:
        if joint not in names:
            raise UnknownNameError("joint", joint, names)
    frozen = [full.getJointId(name) for name in names if name not in robot.joint_names]
    at = pin.neutral(full)
    for joint in frozen:
        at[full.joints[joint].idx_q] = robot.gripper_holding
    full_shapes = pin.buildGeomFromMJCF(full, str(model_path), pin.GeometryType.COLLISION)
    model, (shapes,) = pin.buildReducedModel(full, [full_shapes], frozen, at)
    if not model.existFrame(robot.end_effector):
        raise UnknownNameError("frame", robot.end_effector, [frame.name for frame in model.frames])
    order = np.array([model.joints[model.getJointId(name)].idx_q for name in robot.joint_names])
    return Arm(
        robot=robot,
        model=model,
        data=model.createData(),
        shapes=shapes,
        frame=model.getFrameId(robot.end_effector),
        order=order,
        into_model=np.argsort(order),
    )


def turning_joints(arm: Arm) -> Iterator[tuple[int, int, FloatArray, FloatArray, FloatArray]]:
    """The joints of an arm that only turn, as the compiled kernels want them, parents first.

    Yields:
        Number of the parent, −1 for the world; place in the RobotSpec's q; rotation (3, 3) and
        origin (3,), m, in the parent's frame where q is 0; unit vector (3,) that it turns about.
    """
    model = arm.model
    data = model.createData()
    pin.forwardKinematics(model, data, pin.neutral(model))  # what joints turn about
    for j in range(1, model.njoints):
        at, axis = model.jointPlacements[j], data.joints[j].S.ravel()[3:]
        turned_by = int(arm.into_model[model.joints[j].idx_q])
        yield model.parents[j] - 1, turned_by, at.rotation, at.translation, axis
