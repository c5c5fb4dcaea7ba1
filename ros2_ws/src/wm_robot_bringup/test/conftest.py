"""Launch files as a user starts them, and a witness on the wire."""

import os
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

# Loopback and a domain of its own: tests meet no other robot. Before rclpy is imported, which reads them.
os.environ.update(ROS_DOMAIN_ID="15", ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")

try:
    import rclpy
except ImportError:  # each test module is skipped by itself, and says so
    rclpy = None

COME_UP_S = 120.0
"""Several processes that each load a world model, on a machine that may be busy."""


@pytest.fixture(autouse=True, scope="module")
def own_state():
    """Latches, locks and logs apart from those of the machine's arms."""
    with (
        tempfile.TemporaryDirectory(prefix="wm") as folder,  # short: it holds sockets
        pytest.MonkeyPatch.context() as monkeypatch,
    ):
        monkeypatch.setenv("XDG_STATE_HOME", folder)
        monkeypatch.setenv("ROS_HOME", folder)
        yield


class Launch:
    """One `ros2 launch`, in a process group of its own so that a signal to it reaches it alone."""

    def __init__(self, log: Path, file: str, **arguments: object) -> None:
        self._log = log
        command = ["ros2", "launch", "wm_robot_bringup", file]
        command += [f"{name}:={value}" for name, value in arguments.items()]
        with log.open("w") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,  # not a terminal: launch hands the signal on to the nodes
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def node(self, name: str) -> int:
        """Process id of the node `name` of this launch."""
        listing = subprocess.run(
            ["ps", "-eww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        for row in listing.stdout.splitlines():
            pid, parent, command = row.split(maxsplit=2)
            if int(parent) == self.process.pid and f"__node:={name}" in command:
                return int(pid)
        raise AssertionError(f"no node {name} below the launch:\n{self.output}")

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def ended(self, patience_s: float = 40.0) -> int:
        """Exit code, once it has ended."""
        try:
            return self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the launch goes on after {patience_s} s:\n{self.output}") from None

    def end(self) -> None:
        if self.process.poll() is None:
            self.interrupt()
            try:
                self.process.wait(40.0)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


@contextmanager
def launching(folder: Path):
    """A function that starts launches, which the end of the context ends."""
    launches = []

    def start(file: str, **arguments: object) -> Launch:
        launches.append(Launch(folder / f"launch{len(launches)}.log", file, **arguments))
        return launches[-1]

    try:
        yield start
    finally:
        for started in launches:
            started.end()


@pytest.fixture
def launch(tmp_path, own_state):
    """Starts launches; the test's end ends them."""
    with launching(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def start_launch(tmp_path_factory, own_state):
    """Starts launches that several tests share; the module's end ends them."""
    with launching(tmp_path_factory.mktemp("launch")) as start:
        yield start


def moves(commands, count=20) -> bool:
    """Whether an arm is under way by its last commands."""
    positions = [q for _, q in commands[-count:]]
    return len(positions) == count and np.ptp(positions, axis=0).max() > 0.01


class Witness:
    """A node of the test: sees an arm's commands, and asks what a user would ask."""

    def __init__(self, node) -> None:
        self.node = node
        self.commands = {}
        self._clients = {}

    def watch(self, namespace: str = "") -> list:
        """From now on, (time [s], positions [rad]) of each command to the arm in `namespace`."""
        from std_msgs.msg import Float64MultiArray  # noqa: PLC0415

        seen = self.commands.setdefault(namespace, [])
        self.node.create_subscription(
            Float64MultiArray,
            f"{namespace}/forward_position_controller/commands",
            lambda message: seen.append((time.monotonic(), list(message.data))),
            1000,  # nothing is lost while the test looks elsewhere
        )
        return seen

    def joints(self, topic: str = "/joint_states") -> list:
        """From now on, the positions [rad] of each joint state of the arm, in the order of its message."""
        from rclpy.qos import qos_profile_sensor_data  # noqa: PLC0415
        from sensor_msgs.msg import JointState  # noqa: PLC0415

        seen: list = []
        self.node.create_subscription(
            JointState, topic, lambda message: seen.append(list(message.position)), qos_profile_sensor_data
        )
        return seen

    def spin(self, until, arm: Launch, patience_s: float = COME_UP_S):
        """Handle what comes until `until()` is true, while `arm` runs; returns that."""
        end = time.monotonic() + patience_s
        while not (result := until()):
            assert arm.process.poll() is None, f"the launch has ended:\n{arm.output}"
            assert time.monotonic() < end, f"waited {patience_s} s in vain:\n{arm.output}"
            rclpy.spin_once(self.node, timeout_sec=0.05)
        return result

    def until_ended(self, arm: Launch, patience_s: float = 40.0) -> int:
        """Go on watching until `arm` has ended; returns its exit code."""
        end = time.monotonic() + patience_s
        while arm.process.poll() is None:
            assert time.monotonic() < end, f"the launch goes on after {patience_s} s:\n{arm.output}"
            rclpy.spin_once(self.node, timeout_sec=0.05)
        end = time.monotonic() + 0.5  # for what is still under way
        while time.monotonic() < end:
            rclpy.spin_once(self.node, timeout_sec=0.05)
        return arm.process.returncode

    def active(self, arm: Launch, namespace: str = "") -> None:
        """Wait until planner and safety controller are."""
        for node in ("safety_controller", "planner"):
            while self._state(arm, f"{namespace}/wm_robot/{node}") != "active":
                self.spin(_after(0.5), arm)

    def reach(self, arm: Launch, namespace: str = "", time_limit_s: float = 0.0, pose=None):
        """Send a pose, or the stored goal, with the planner's time limit by default; returns its handle."""
        from rclpy.action import ActionClient  # noqa: PLC0415
        from wm_robot_msgs.action import ReachGoal  # noqa: PLC0415

        client = ActionClient(self.node, ReachGoal, f"{namespace}/wm_robot/reach_goal_image")
        self.spin(client.server_is_ready, arm)
        goal = ReachGoal.Goal(kind=ReachGoal.Goal.STORED, time_limit=time_limit_s)
        if pose is not None:
            goal.kind, goal.pose = ReachGoal.Goal.POSE, pose
        future = client.send_goal_async(goal)
        self.spin(future.done, arm)
        assert future.result().accepted, arm.output
        return future.result()

    def statuses(self, namespace: str = "") -> list:
        """From now on, what the safety controller tells."""
        from rclpy.qos import qos_profile_sensor_data  # noqa: PLC0415
        from wm_robot_msgs.msg import SafetyStatus  # noqa: PLC0415

        seen: list = []
        topic = f"{namespace}/wm_robot/safety_status"
        self.node.create_subscription(SafetyStatus, topic, seen.append, qos_profile_sensor_data)
        return seen

    def new_episode(self, arm: Launch) -> None:
        """The same episode from its start; the safety controller must not take the jump for a motion."""
        from lifecycle_msgs.msg import Transition  # noqa: PLC0415
        from lifecycle_msgs.srv import ChangeState  # noqa: PLC0415
        from wm_robot_msgs.srv import ResetSimulation  # noqa: PLC0415

        def change(transition: int) -> bool:
            request = ChangeState.Request(transition=Transition(id=transition))
            return self.call(arm, ChangeState, "/wm_robot/safety_controller/change_state", request).success

        assert change(Transition.TRANSITION_DEACTIVATE), arm.output
        assert self.call(arm, ResetSimulation, "/wm_robot/sim_robot/reset").success
        assert change(Transition.TRANSITION_ACTIVATE), arm.output

    def set_going(self, arm: Launch, commands: list):
        """Send the stored goal; returns its handle once the arm is under way."""
        goal = self.reach(arm)
        self.spin(lambda: moves(commands), arm)
        return goal

    def until(self, succeeds, arm: Launch) -> None:
        """Ask again until `succeeds()`."""
        while not succeeds():
            self.spin(_after(0.2), arm)

    def call(self, arm: Launch, kind, name: str, request=None):
        """The answer of a service, to an empty question by default."""
        if name not in self._clients:
            self._clients[name] = self.node.create_client(kind, name)
        client = self._clients[name]
        self.spin(client.service_is_ready, arm)
        while True:
            future, over = client.call_async(request or kind.Request()), _after(5.0)
            self.spin(lambda f=future, o=over: f.done() or o(), arm)
            if future.done():  # else a reply was lost, as may happen while the two discover each other
                return future.result()

    def _state(self, arm: Launch, node: str) -> str:
        from lifecycle_msgs.srv import GetState  # noqa: PLC0415

        return self.call(arm, GetState, f"{node}/get_state").current_state.label


def _after(duration_s: float):
    end = time.monotonic() + duration_s
    return lambda: time.monotonic() > end


@pytest.fixture
def witness():
    rclpy.init()
    node = rclpy.create_node("witness")
    yield Witness(node)
    node.destroy_node()
    rclpy.shutdown()
