"""What a streaming controller is: joint state and target in, one joint command out, every control period."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from wm_controllers.kinematics import Arm
from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.core.registry import Factory, Registry


class NoSolutionError(WmrError):
    """No joint command satisfies the limits; the arm must be stopped by someone else."""


@dataclass(frozen=True, kw_only=True)
class PoseTarget:
    """Where the end effector E shall be, and how fast it passes there.

    Args:
        p_WE: position in the world (3,), m.
        quat_wxyz: orientation in the world (4,); need not be normalised.
        V_WE: linear and angular velocity of E, expressed in the world (6,), m/s and rad/s.
    """

    p_WE: FloatArray
    quat_wxyz: FloatArray
    V_WE: FloatArray = field(default_factory=lambda: np.zeros(6))


@dataclass(frozen=True, kw_only=True)
class JointTarget:
    """Where the joints shall be, in the order of the RobotSpec.

    Args:
        q: positions (nq,), rad.
        v: velocities (nq,), rad/s.
        a: accelerations (nq,), rad/s².
    """

    q: FloatArray
    v: FloatArray
    a: FloatArray


class Controller(Protocol):
    """One law from joint state and target to joint command; made from an Arm and a config with defaults.

    `target` says what `step` takes, `command` what it returns. The same arguments give the same command:
    what has to be remembered between two periods is an argument.
    """

    arm: Arm
    target: type[PoseTarget] | type[JointTarget]
    command: Literal["velocity", "torque"]

    def step(self, q: FloatArray, v: FloatArray, target: Any) -> FloatArray:
        """The command (nq,) for the next control period, rad/s or N·m.

        Args:
            q: joint positions (nq,), rad.
            v: joint velocities (nq,), rad/s.
            target: a PoseTarget or a JointTarget, as `self.target` says.

        Raises:
            ShapeError, NotFiniteError: an argument of another shape, or with NaN.
            NoSolutionError: no command satisfies the limits.
        """
        ...


CONTROLLERS: Registry[Factory[Controller]] = Registry("controller")
CONTROLLERS.add("joint_impedance", "wm_controllers.joint_impedance:JointImpedance")
CONTROLLERS.add("operational_space", "wm_controllers.operational_space:OperationalSpaceImpedance")
CONTROLLERS.add("qp_ik", "wm_controllers.qp_ik:QPIK")
