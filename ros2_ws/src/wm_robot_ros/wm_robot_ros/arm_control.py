"""The control loop of an arm over the topics of a node."""

from contextlib import suppress
from typing import Any

import geometry_msgs.msg
import wm_robot_msgs.msg
from rclpy.node import Node
from wm_hardware.ros_dds import RosDdsDriver

from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import DriverError
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.control_thread import ControlThread
from wm_robot_ros.node_peer import COMMAND_QOS, SENSOR_QOS, NodePeer
from wm_robot_ros.ros_line import RosLine
from wm_robot_ros.ros_time import RosTime
from wm_robot_ros.safety_settings import SafetySettings
from wm_robot_ros.status_messages import StatusTeller, inactive, tip_pose


class ArmControl:
    """Takes an arm over, commands it, and tells how it is, on topics in the node's namespace.

    Args:
        node: that speaks for it.
        settings: of the cell.
        run: what to control.
    """

    def __init__(self, node: Node, settings: SafetySettings, run: ControlRun) -> None:
        peer, clock = NodePeer(node), SteadyClock()
        self.rate_hz = run.robot.control_rate_hz
        time = RosTime(peer.now_ns, clock)
        self._peer = peer
        self._status = peer.advertise(_own(node, "safety_status"), wm_robot_msgs.msg.SafetyStatus, SENSOR_QOS)
        self._tip = peer.advertise(_own(node, "tip"), geometry_msgs.msg.PoseStamped, SENSOR_QOS)
        chunks = peer.subscribe(_own(node, "chunks"), wm_robot_msgs.msg.ActionChunk, COMMAND_QOS)
        beats = peer.subscribe(_own(node, "heartbeat"), wm_robot_msgs.msg.PlannerHeartbeat, COMMAND_QOS)
        self._ends = [self._status, self._tip, chunks, beats]
        self.last: Any = inactive(wm_robot_msgs.msg, peer.now_ns())
        """The newest SafetyStatus."""
        teller = StatusTeller(
            wm_robot_msgs.msg,
            self._send,
            time,
            joint_names=run.robot.joint_names,
            frame=settings.base_frame,
            rate_hz=run.robot.control_rate_hz,
        )
        driver = RosDdsDriver(
            run.robot, run.driver_config, clock, peer=NodePeer(node, settings.arm_namespace)
        )
        self._thread = ControlThread(run, driver, RosLine(chunks, beats, time, clock, teller))

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
        """Say that nobody commands the arm, and leave the network."""
        self._send(inactive(wm_robot_msgs.msg, self._peer.now_ns()))
        for end in self._ends:
            end.close()

    def _send(self, status: Any) -> None:
        self.last = status
        with suppress(DriverError):  # a loop that goes on is worth more than one that is heard
            self._status.send(status)
            if status.mode != status.INACTIVE:
                self._tip.send(tip_pose(geometry_msgs.msg, status))


def _own(node: Node, topic: str) -> str:
    return f"{node.get_namespace().rstrip('/')}/{topic}"
