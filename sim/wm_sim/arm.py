"""An arm that is moved by displacements of its end effector."""

import numpy as np
from wm_controllers.differential_ik import DifferentialIK
from wm_controllers.kinematics import TOOL_DOWN_QUAT_WXYZ

from wm_robot.core.arrays import FloatArray
from wm_robot.robots import Box
from wm_sim.robot import MujocoRobot

SETPOINTS = 5
"""Intermediate targets a control period: 25 Hz at 5 Hz control, so the tip follows the straight line."""

PARTS = np.arange(1, SETPOINTS + 1)[:, None] / SETPOINTS


class TaskSpaceArm:
    """Keeps the commanded end-effector position and turns its displacements into joint commands.

    Displacements add to the COMMANDED position, not to the measured one, so tracking errors do not
    accumulate. The tool always points down.
    """

    def __init__(self, robot: MujocoRobot, ik: DifferentialIK) -> None:
        self.robot, self._ik = robot, ik
        self.commanded = np.zeros(3)
        self._q = np.array(robot.spec.home)

    @property
    def tip(self) -> FloatArray:
        """Measured end-effector position p_WE (3,), m."""
        return self.robot.tip

    def place(self, p_WE: FloatArray) -> None:
        """Put the arm at once at rest with its tip at `p_WE` (3,), m."""
        home = np.array(self.robot.spec.home)
        self.commanded = np.array(p_WE, dtype=np.float64)
        self._q = self._ik.joint_target(home, self.commanded, TOOL_DOWN_QUAT_WXYZ)
        self.robot.place(self._q)

    def move(self, displacement: FloatArray, workspace: Box, duration_s: float) -> FloatArray:
        """Move the commanded position by `displacement` (3,), m, within `workspace`, in `duration_s`.

        Returns:
            The displacement as carried out (3,): shorter where the workspace ends.
        """
        start = self.commanded
        self.commanded = np.clip(start + displacement, workspace.low, workspace.high)
        setpoints = start + PARTS * (self.commanded - start)  # (SETPOINTS, 3)
        for q in self._ik.joint_path(self._q, setpoints, TOOL_DOWN_QUAT_WXYZ):
            self.robot.command(q)
            self.robot.advance(duration_s / SETPOINTS)
            self._q = q
        return self.commanded - start

    def save(self) -> FloatArray:
        """What `restore` needs beside the simulator's own state, (3 + nq,)."""
        return np.concatenate([self.commanded, self._q])

    def restore(self, saved: FloatArray) -> None:
        self.commanded, self._q = saved[:3].copy(), saved[3:].copy()
