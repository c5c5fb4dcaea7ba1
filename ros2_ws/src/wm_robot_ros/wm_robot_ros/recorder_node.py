"""Node recorder: topics → bags in MCAP, which `wmr data import` makes datasets of.

A recording starts when every topic is there and fresh, and not before. Whatever ends the node ends the bag in
order; of a bag whose process was killed all but the last moment is left.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import diagnostic_msgs.msg
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_srvs.srv import Trigger

from wm_robot.core.errors import WmrError
from wm_robot_ros.bag_recorder import BagRecorder
from wm_robot_ros.bag_writer import BagWriter
from wm_robot_ros.diagnostics import diagnostics
from wm_robot_ros.parameters import Parameters
from wm_robot_ros.raw_topics import RawTopics
from wm_robot_ros.recorder_settings import RecorderSettings, recorder_parameters
from wm_robot_ros.running import run_node

TAKE_S = 0.02
"""Between two looks for messages. An executor that hands out each by itself takes most of a processor."""

LOOK_S = 1.0
"""Between two looks at the network and the disk."""


class Recorder(Node):
    def __init__(self) -> None:
        super().__init__("recorder", namespace="wm_robot")
        parameters = Parameters(self)
        declared = recorder_parameters()
        parameters.declare(declared, read_only=[setting.name for setting in declared])
        settings = parameters.read(RecorderSettings())
        self._recorder = BagRecorder(settings, BagWriter, self.get_logger().warning)
        self._wait = settings.record_at_once
        self._topics = RawTopics(self, [one.topic for one in self._recorder.topics])
        self._told = self.create_publisher(diagnostic_msgs.msg.DiagnosticArray, "/diagnostics", 10)
        self.create_service(Trigger, "start_recording", _answering(self._start))
        self.create_service(Trigger, "stop_recording", _answering(self._recorder.stop))
        steady = Clock(clock_type=ClockType.STEADY_TIME)  # a simulated clock may stand
        self.create_timer(TAKE_S, self._take, clock=steady)
        self.create_timer(LOOK_S, self._look, clock=steady)

    def end(self) -> None:
        """Close the bag, if there is one."""
        with suppress(WmrError):
            self.get_logger().info(self._recorder.stop())

    def _now_ns(self) -> int:
        return self.get_clock().now().nanoseconds

    def _take(self) -> None:
        now_ns = self._now_ns()
        for topic, serialized, stamp_ns in self._topics.take():
            self._recorder.take(topic, serialized, stamp_ns or now_ns, now_ns)

    def _start(self) -> str:
        started = self._recorder.start(self._now_ns(), self._topics.look())
        self._topics.repeat()
        self.get_logger().info(started)
        return started

    def _look(self) -> None:
        diagnosis = self._recorder.look(self._now_ns(), self._topics.look())
        name = self.get_fully_qualified_name()
        self._told.publish(diagnostics(diagnostic_msgs.msg, self._now_ns(), name, diagnosis))
        if self._wait:
            try:
                self._start()
                self._wait = False
            except WmrError as error:
                self.get_logger().info(f"waiting: {error}", throttle_duration_sec=5.0)


def _answering(order: Callable[[], str]) -> Callable[[Any, Any], Any]:
    def answer(request: Any, response: Any) -> Any:
        try:
            response.message, response.success = order(), True
        except WmrError as error:
            response.success, response.message = False, str(error)
        return response

    return answer


def main() -> None:
    sys.exit(run_node(Recorder, Recorder.end))
