"""A node with a lifecycle: a transition that fails says why, and one that is not possible ends nothing."""

import time
from collections.abc import Callable
from typing import Any

import diagnostic_msgs.msg
from lifecycle_msgs.srv import ChangeState
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNodeMixin, TransitionCallbackReturn
from rclpy.node import Node

from wm_robot.core.errors import WmrError
from wm_robot_ros.diagnostics import Diagnosis, diagnostics

GONE_S = 25.0
"""After which one that was killed is forgotten by the network."""


class ManagedNode(LifecycleNodeMixin, Node):
    """
    Args:
        name: in the namespace wm_robot, unless the launch file says another.
    """

    def __init__(self, name: str) -> None:
        Node.__init__(self, name, namespace="wm_robot")
        self.transitions = MutuallyExclusiveCallbackGroup()
        """Of all that waits for the arm or a model, one after the other; the rest goes on meanwhile."""
        LifecycleNodeMixin.__init__(self, callback_group=self.transitions)
        change = next(service for service in self.services if service.srv_type is ChangeState)
        change.callback = self._refusing(change.callback)
        self.steady = Clock(clock_type=ClockType.STEADY_TIME)
        """For timers: a simulated clock may stand."""
        self._diagnoses = self.create_publisher(diagnostic_msgs.msg.DiagnosticArray, "/diagnostics", 10)

    def attempt(self, what: str, action: Callable[[], Any]) -> TransitionCallbackReturn:
        """The action of a transition; where it raises, its reason is logged, and the state stays."""
        try:
            action()
        except Exception as error:  # rclpy would swallow it
            self.get_logger().error(f"cannot {what}: {error}")
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def be_alone(self) -> None:
        """Wait until no other node on the network has this one's name: both would obey what is told to one.

        Raises:
            WmrError: one stays.
        """
        own = self.get_name(), self.get_namespace()
        until_s = time.monotonic() + GONE_S
        while self.get_node_names_and_namespaces().count(own) > 1:
            if time.monotonic() > until_s:
                name = self.get_fully_qualified_name()
                raise WmrError(f"another {name} is running; end it, or give this one a namespace")
            time.sleep(0.1)

    def diagnose(self, diagnosis: Diagnosis) -> None:
        """Publish it on /diagnostics."""
        name, now_ns = self.get_fully_qualified_name(), self.get_clock().now().nanoseconds
        self._diagnoses.publish(diagnostics(diagnostic_msgs.msg, now_ns, name, diagnosis))

    def _refusing(self, change: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """rclpy raises where the state has no such transition, which would end the node: refused instead."""

        def answer(request: ChangeState.Request, response: ChangeState.Response) -> ChangeState.Response:
            try:
                return change(request, response)
            except RuntimeError as error:
                self.get_logger().error(
                    f"transition {request.transition.label or request.transition.id} refused: {error}"
                )
                response.success = False
                return response

        return answer
