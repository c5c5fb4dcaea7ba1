"""MuJoCo as an arm under ros2_control: joint states out, commands in; needs no ROS."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from wm_sim.driver import SimConfig, SimDriver
from wm_sim.paced_clock import PacedClock

from wm_robot.core.types import JointCommand, JointState
from wm_robot.robots import RobotSpec
from wm_robot_ros.joint_messages import positions, waypoints
from wm_robot_ros.joint_targets import JointTargets


class SimArm:
    """Stands until it is commanded, then follows the newest command.

    Args:
        spec: the arm.
        config: the simulation.
        clock: simulated time.
        ros_names: what messages call the joints, in the arm's order.
        controller_joints: the same names in the order of a forward command's numbers.

    Not thread-safe.
    """

    def __init__(
        self,
        spec: RobotSpec,
        config: SimConfig,
        clock: PacedClock,
        *,
        ros_names: Sequence[str],
        controller_joints: Sequence[str],
    ) -> None:
        self._spec, self._clock = spec, clock
        self._ros_names, self._controller_joints = tuple(ros_names), tuple(controller_joints)
        self._driver = SimDriver(spec, config, clock)
        self._targets: JointTargets | None = None
        self.faults = self._driver.faults

    def connect(self) -> JointState:
        """Raises DriverError: a simulation of the config's name is running."""
        self._driver.connect()
        return self._driver.read()

    def advance(self) -> JointState:
        """Let the physics catch up with the clock; the joints now."""
        if self.faults.protective_stop:
            self._targets = None  # what was under way does not go on by itself afterwards
        self._command()
        return self._driver.read()

    def take_positions(self, message: Any) -> None:
        """Be where a std_msgs/Float64MultiArray says. Raises WmrError, and nothing changes."""
        q = positions(message, self._controller_joints, self._ros_names)
        self._to_follow().stream(q, self._clock.now_ns())
        self._command()

    def take_trajectory(self, message: Any) -> None:
        """Follow a trajectory_msgs/JointTrajectory. Raises WmrError, and nothing changes."""
        now_ns = self._clock.now_ns()
        points = waypoints(message, self._ros_names, now_ns)
        self._to_follow().follow(points, now_ns)
        self._command()

    def start_episode(self, seed: int) -> JointState:
        """Stand where the episode `seed` starts, with all commands forgotten."""
        self._targets = None
        self._driver.start_episode(seed)
        return self._driver.read()

    def disconnect(self) -> None:
        self._driver.stop()
        self._driver.disconnect()

    def _to_follow(self) -> JointTargets:
        if self._targets is None:
            # Where it stands, as the joints themselves see it: the last command before is forgotten.
            self._targets = JointTargets(self._driver.read().q, np.array(self._spec.max_velocity))
        return self._targets

    def _command(self) -> None:
        if self._targets is None:
            return
        now_ns = self._clock.now_ns()
        q, v = self._targets.at(now_ns)
        names = self._spec.joint_names
        self._driver.command(JointCommand(stamp_ns=now_ns, joint_names=names, q=q, v=v))
