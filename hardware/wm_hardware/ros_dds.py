"""Any arm under ros2_control, over DDS, with no ROS installation on this machine."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Self

import numpy as np

from wm_hardware.ros_commands import forward_command, single_point_trajectory
from wm_hardware.ros_joint_states import JointStateDecoder
from wm_hardware.ros_network import RosNetwork, check_name
from wm_hardware.ros_peer import RosPeer, RosPublication, RosSubscription
from wm_hardware.ros_stamps import RosStamps
from wm_robot.core.arrays import FloatArray
from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.joints import in_order, places
from wm_robot.core.types import JointCommand, JointState
from wm_robot.robots import RobotSpec

SETTLE_S = 0.3
"""How long `connect` listens at least, so that a second publisher is discovered before anything is sent."""


@dataclass(frozen=True, kw_only=True)
class RosDdsConfig:
    """Which controller of which network.

    Args:
        network: domain, namespace and reach.
        controller: name of a position controller; its topic is `<namespace>/<controller>/<form>`.
        form: "commands" for a forward command controller (std_msgs/Float64MultiArray), "joint_trajectory"
            for a joint trajectory controller (trajectory_msgs/JointTrajectory with one point).
        ros_joint_names: what ROS calls the RobotSpec's joints, in its order and without `tf_prefix`; empty
            where the names are the same.
        controller_joints: the controller's parameter `joints`, without `tf_prefix`; empty where its order
            is that of the RobotSpec. A forward command names no joints: a wrong order here moves wrong ones.
        joint_states: topic of sensor_msgs/JointState.
        tf_prefix: what ROS puts before each joint name.
        time_from_start_s: when a trajectory's point is to be reached; longer is smoother, and lags more.
        connect_timeout_s: how long `connect` waits for the arm.
        max_future_s: how far a stamp may lie ahead of ROS time, which is this machine's system clock.
    """

    network: RosNetwork = field(default_factory=RosNetwork)
    controller: str = "forward_position_controller"
    form: Literal["commands", "joint_trajectory"] = "commands"
    ros_joint_names: tuple[str, ...] = ()
    controller_joints: tuple[str, ...] = ()
    joint_states: str = "joint_states"
    tf_prefix: str = ""
    time_from_start_s: Annotated[float, Bounds(0.0, 10.0, excluded=(0.0,))] = 0.05
    connect_timeout_s: Annotated[float, Bounds(0.0, 600.0, excluded=(0.0,))] = 5.0
    max_future_s: Annotated[float, Bounds(0.0, 10.0)] = 0.05

    def __post_init__(self) -> None:
        check_name("controller", self.controller)
        check_name("topic", self.joint_states)
        check_fields(self, "ros_dds")


class RosDdsDriver:
    """`core.protocols.Robot` over the topics of ros2_control; docs/robots/ros2_control.md is its manual.

    A fault of the arm's own is the JointState's `fault`: a joint state that was refused, a controller that
    has gone. A second publisher on the command topic is its `rival`. `stop` repeats the last command, so
    that the arm comes to rest in the point that it is on its way to; before the first command it sends
    nothing.

    Args:
        spec: the arm; its joint names, with the `tf_prefix` in front, are those of the joint states.
        config: which controller of which network.
        clock: the steady clock that stamps are on.
        peer: the member of the network that speaks for this driver; its own of the config's network, on
            plain DDS, when left out.

    Raises:
        WmrError: `ros_joint_names` is not one name a joint, or `controller_joints` are other joints.

    Real time: `read` and `command` wait for nobody; not thread-safe.
    """

    def __init__(
        self,
        spec: RobotSpec,
        config: RosDdsConfig | None = None,
        clock: Clock | None = None,
        *,
        peer: RosPeer | None = None,
    ) -> None:
        self.spec, self.config, self._peer = spec, config or RosDdsConfig(), peer
        self._clock = clock or SteadyClock()
        names = self.config.ros_joint_names or spec.joint_names
        if len(names) != spec.nq:
            raise WmrError(
                f"ros_joint_names has {len(names)} names; robot {spec.name!r} has the {spec.nq} joints "
                f"{', '.join(spec.joint_names)}"
            )
        order = self.config.controller_joints or names
        places(order, names)
        self._name = f"robot {spec.name!r}"
        self._ros_names = [self.config.tf_prefix + name for name in names]
        self._order = places(names, order)  # joint i of the controller is this one of the spec
        self._states: RosSubscription | None = None
        self._commands: RosPublication | None = None
        self._messages: Any = None
        self._begin(time.time_ns)

    @property
    def joint_names(self) -> tuple[str, ...]:
        return self.spec.joint_names

    @property
    def out_of_order(self) -> int:
        """Joint states since `connect` that came after a newer one, and were dropped."""
        return self._stamps.out_of_order

    def connect(self) -> None:
        """Find the arm and its controller, and wait for one fresh joint state. Nothing is sent.

        Raises:
            MissingDependencyError: cyclonedds is not installed.
            DriverError: no joint states, no controller, a type or a quality of service that does not fit,
                stale stamps, or another publisher of commands; with what was discovered instead.
        """
        self.disconnect()
        peer = self._peer or self.config.network.open()
        messages = self._messages = peer.messages
        self._begin(peer.now_ns)
        self._states = peer.subscribe(self.config.joint_states, messages.JointState)
        self._commands = peer.advertise(
            f"{self.config.controller}/{self.config.form}",
            messages.Float64MultiArray if self.config.form == "commands" else messages.JointTrajectory,
        )
        try:
            self._wait_for_the_arm()
        except BaseException:
            self.disconnect()
            raise

    def read(self) -> JointState:
        """The newest joint state that can be trusted, with what is wrong in its `fault` and `rival`.

        It waits for none.

        Raises:
            DriverError: not connected, or nobody publishes joint states any more.
        """
        states, _ = self._connection()
        self._receive()
        if not states.matched:
            raise DriverError(
                f"{self._name}: the publisher of {states.topic} has gone; {states.why_unmatched()}"
            )
        assert self._decoder.state is not None, "connect waits for the first one"
        return replace(self._decoder.state, fault=self._fault(), rival=self._rival())

    def command(self, command: JointCommand) -> None:
        """Send joint positions; the velocities have no place in a position command.

        Raises:
            DriverError: not connected, the controller has gone, or a gripper command, which this driver
                cannot send.
            UnknownNameError, ShapeError, NotFiniteError: not a command for these joints. Nothing is sent.
        """
        self._connection()
        q, _ = in_order(command, self.joint_names)
        if command.gripper is not None:
            raise DriverError(
                f"{self._name}: the ros_dds driver moves no gripper; leave the command's gripper None"
            )
        self._send(q)

    def stop(self) -> None:
        """Repeat the last command: the arm comes to rest there and holds; valid always, never raises."""
        with contextlib.suppress(Exception):
            if self._last_q is not None:
                self._send(self._last_q)

    def disconnect(self) -> None:
        """Leave the network; the controller goes on holding its last command."""
        for end in (self._states, self._commands):
            if end is not None:
                end.close()
        self._states = self._commands = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        self.disconnect()

    def _begin(self, ros_now_ns: Callable[[], int]) -> None:
        """Forget what was received and sent."""
        self._last_q: FloatArray | None = None
        self._stamps = RosStamps(self._clock, self.config.max_future_s, ros_now_ns)
        self._decoder = JointStateDecoder(self.joint_names, self._ros_names, self._stamps)

    def _connection(self) -> tuple[RosSubscription, RosPublication]:
        if self._states is None or self._commands is None:
            raise DriverError(f"{self._name} is not connected; call connect() first")
        return self._states, self._commands

    def _wait_for_the_arm(self) -> None:
        begin = time.monotonic()
        while True:
            self._receive()
            problem = self._problem()
            waited_s = time.monotonic() - begin
            if not problem and waited_s >= SETTLE_S:
                return
            if problem and waited_s >= self.config.connect_timeout_s:
                raise DriverError(
                    f"{self._name} is not ready after {self.config.connect_timeout_s} s: {problem}"
                )
            time.sleep(0.005)

    def _problem(self) -> str:
        """Why nothing may be commanded yet, or ""."""
        states, _ = self._connection()
        if not states.matched:
            return states.why_unmatched()
        state = self._decoder.state
        if state is None:
            wanted = ", ".join(self._ros_names)
            seen = f"names only {', '.join(self._decoder.foreign)}" if self._decoder.foreign else "is silent"
            return self._decoder.fault or f"{states.topic} {seen}; expected joint states of {wanted}"
        age_s = (self._clock.now_ns() - state.stamp_ns) * 1e-9
        if age_s > self.spec.watchdogs.joint_state_s:
            return (
                f"the newest joint state of {states.topic} is {age_s:.3f} s old by its own stamp, the "
                f"limit is {self.spec.watchdogs.joint_state_s} s; synchronise the clocks of both machines "
                "(NTP or PTP), and set use_sim_time to false"
            )
        return self._fault() or self._rival()

    def _fault(self) -> str:
        """What is wrong while connected, or ""."""
        _, commands = self._connection()
        if not commands.matched:
            return commands.why_unmatched()
        return self._decoder.fault

    def _rival(self) -> str:
        _, commands = self._connection()
        if not commands.rivals:
            return ""
        return (
            f"{commands.rivals} other publisher(s) on {commands.topic}: two masters make an arm jump; stop "
            f"them (`ros2 topic info --verbose {commands.topic}` names them)"
        )

    def _receive(self) -> None:
        for message in self._connection()[0].take():
            self._decoder.accept(message)

    def _send(self, q: FloatArray) -> None:
        _, commands = self._connection()
        if not commands.matched:
            raise DriverError(
                f"robot {self.spec.name!r}: the controller has gone; {commands.why_unmatched()}"
            )
        if self.config.form == "commands":
            commands.send(forward_command(self._messages, np.take(q, self._order)))
        else:
            seconds = self.config.time_from_start_s
            commands.send(single_point_trajectory(self._messages, self._ros_names, q, seconds))
        self._last_q = q
