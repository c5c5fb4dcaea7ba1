"""The arm of a MuJoCo scene at joint level."""

import mujoco
import numpy as np

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import WmrError
from wm_robot.core.types import RobotState
from wm_robot.robots import RobotSpec


class MujocoRobot:
    """An arm that is read, commanded and placed at once; time passes only in `advance`.

    `driver.SimDriver` makes a `core.protocols.Robot` of it.

    Args:
        spec: the arm in the scene.
        model: compiled scene that holds the arm's joints and servos by name.
        data: its state; made anew when left out.
    """

    def __init__(self, spec: RobotSpec, model: mujoco.MjModel, data: mujoco.MjData | None = None) -> None:
        self.spec, self.model = spec, model
        self.data = mujoco.MjData(model) if data is None else data
        joints = [model.joint(name) for name in spec.joint_names]
        self._q_index = np.array([joint.qposadr[0] for joint in joints])
        self._v_index = np.array([joint.dofadr[0] for joint in joints])
        self._servo_index = np.array([model.actuator(name).id for name in spec.joint_names])
        self._lower, self._upper = np.array(spec.lower), np.array(spec.upper)
        self._body = model.body(spec.end_effector).id
        self._connected = False

    @property
    def tip(self) -> FloatArray:
        """End-effector position p_WE (3,), m, now; raises WmrError when not connected."""
        self._require_connection()
        return self.data.xpos[self._body].copy()

    @property
    def joint_names(self) -> tuple[str, ...]:
        return self.spec.joint_names

    def connect(self) -> None:
        """Put the arm at its home pose, at rest, with the gripper closed on its tool."""
        mujoco.mj_resetData(self.model, self.data)
        self.place(np.array(self.spec.home))
        self._connected = True

    def read(self) -> RobotState:
        """Joints and end effector now.

        Raises:
            WmrError: not connected.
        """
        self._require_connection()
        return RobotState(
            stamp_ns=round(self.data.time * 1e9),
            joint_names=self.joint_names,
            q=self.data.qpos[self._q_index].copy(),
            v=self.data.qvel[self._v_index].copy(),
            p_WE=self.data.xpos[self._body].copy(),
            quat_wxyz=self.data.xquat[self._body].copy(),
        )

    def command(self, q: FloatArray) -> None:
        """Set joint position targets (nq,), rad, held until the next command.

        Raises:
            WmrError: not connected.
            ShapeError, NotFiniteError: `q` has another shape, or NaN.
        """
        self._require_connection()
        target = finite_array("joint command", q, (self.spec.nq,), names=self.joint_names)
        self.data.ctrl[self._servo_index] = np.minimum(np.maximum(target, self._lower), self._upper)

    def stop(self) -> None:
        """Hold the present position; valid in every state."""
        self.data.ctrl[self._servo_index] = self.data.qpos[self._q_index]

    def advance(self, duration_s: float) -> None:
        """Let `duration_s` of simulated time pass; positions and camera poses are current afterwards."""
        mujoco.mj_step(self.model, self.data, round(duration_s / self.model.opt.timestep))
        self.refresh()

    def place(self, q: FloatArray) -> None:
        """Move the arm to joints `q` (nq,) at once, at rest there; for starting episodes only."""
        self.data.qpos[self._q_index] = q
        self.data.qvel[self._v_index] = 0.0
        self.data.ctrl[self._servo_index] = q
        self._hold_gripper()
        self.refresh()

    def refresh(self) -> None:
        """Recompute poses from joint positions; leaves the state itself as it is."""
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_camlight(self.model, self.data)

    def _hold_gripper(self) -> None:
        if self.spec.gripper_joint is None:
            return
        joint = self.spec.gripper_joint
        self.data.ctrl[self.model.actuator(joint).id] = self.spec.gripper_holding
        self.data.qpos[self.model.joint(joint).qposadr[0]] = self.spec.gripper_holding
        for number in range(self.model.neq):
            if self.model.eq_obj2id[number] == self.model.joint(joint).id:
                follower = self.model.eq_obj1id[number]
                self.data.qpos[self.model.jnt_qposadr[follower]] = self.spec.gripper_holding

    def _require_connection(self) -> None:
        if not self._connected:
            raise WmrError(f"robot {self.spec.name!r} is not connected; call connect() first")
