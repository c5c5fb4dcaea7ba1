"""The control loop of an arm over the topics of a node."""

from collections.abc import Callable
from typing import Any

import wm_robot_msgs.msg
from rclpy.node import Node
from wm_hardware.ros_dds import RosDdsDriver

from wm_robot.core.clock import SteadyClock
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.control_thread import ControlThread
from wm_robot_ros.node_peer import COMMAND_QOS, NodePeer
from wm_robot_ros.ros_line import RosLine
from wm_robot_ros.ros_time import RosTime
from wm_robot_ros.safety_settings import SafetySettings
from wm_robot_ros.status_messages import StatusTeller


class ArmControl:
    """Takes an arm over, and commands it by the chunks of a planner in the node's namespace.

    Args:
        node: that speaks for it.
        settings: of the cell.
        run: what to control.
        tell: takes each SafetyStatus.
    """

    def __init__(
        self, node: Node, settings: SafetySettings, run: ControlRun, tell: Callable[[Any], None]
    ) -> None:
        peer, clock = NodePeer(node, node.get_namespace()), SteadyClock()
        time = RosTime(peer.now_ns, clock)
        self._chunks = peer.subscribe("chunks", wm_robot_msgs.msg.ActionChunk, COMMAND_QOS)
        self._beats = peer.subscribe("heartbeat", wm_robot_msgs.msg.PlannerHeartbeat, COMMAND_QOS)
        self.rate_hz = run.robot.control_rate_hz
        self.last: Any = None
        """The newest SafetyStatus, once there is one."""

        def tell_and_keep(status: Any) -> None:
            self.last = status
            tell(status)

        teller = StatusTeller(
            wm_robot_msgs.msg,
            tell_and_keep,
            time,
            joint_names=run.robot.joint_names,
            frame=settings.base_frame,
            rate_hz=self.rate_hz,
        )
        arm = NodePeer(node, settings.arm_namespace)
        driver = RosDdsDriver(run.robot, run.driver_config, clock, peer=arm)
        line = RosLine(self._chunks, self._beats, time, clock, teller, frame=settings.base_frame)
        self._thread = ControlThread(run, driver, line)

    @property
    def failure(self) -> str:
        """Why the loop has ended by itself; "" while all is well."""
        return self._thread.failure

    def start(self) -> None:
        """Take the arm over; nothing moves. Raises WmrError where that cannot be."""
        self._thread.start()

    def stop(self) -> None:
        """Bring the arm to rest; raises WmrError where the loop hangs."""
        self._thread.stop()

    def close(self) -> None:
        """Hear the planner no longer."""
        self._chunks.close()
        self._beats.close()
