"""Calls of services that a thread waits for, and not for ever."""

import threading
from collections.abc import Sequence
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from std_srvs.srv import Trigger

from wm_robot.core.errors import WmrError

ANSWER_S = 6.0
"""The safety controller itself gives its loop 5 s to answer."""


class ServiceCalls:
    """Calls std_srvs/Trigger services of the node's namespace; not from a callback that blocks the executor.

    Args:
        node: that an executor spins.
        names: of the services.
    """

    def __init__(self, node: Node, names: Sequence[str]) -> None:
        self._node, group = node, ReentrantCallbackGroup()
        self._clients = {name: node.create_client(Trigger, name, callback_group=group) for name in names}

    def close(self) -> None:
        for client in self._clients.values():
            self._node.destroy_client(client)

    def __call__(self, name: str) -> dict[str, Any]:
        """The answer of the service `name`.

        Raises:
            WmrError: nobody offers it, it does not answer, or it refuses.
        """
        client = self._clients[name]
        if not client.wait_for_service(timeout_sec=1.0):
            raise WmrError(f"nobody offers {client.srv_name}; is the safety controller running?")
        answered = threading.Event()
        future = client.call_async(Trigger.Request())
        future.add_done_callback(lambda _: answered.set())
        if not answered.wait(ANSWER_S):
            raise WmrError(f"{client.srv_name} does not answer; press the arm's own emergency stop")
        response = future.result()
        if not response.success:
            raise WmrError(f"{client.srv_name}: {response.message}")
        return {"message": response.message}
