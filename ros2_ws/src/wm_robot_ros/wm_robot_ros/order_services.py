"""Services by which people stop an arm and let it move again: what `wmr estop` and `wmr reset` do."""

import threading
from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.node import Node
from std_srvs.srv import Trigger

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control import orders
from wm_robot.runtime.control.station import Station


class OrderServices:
    """estop, stop and reset in a node's namespace; each answers with what became of it.

    They reach whatever process of this machine commands the arm, and work while none does. Where an arm
    hangs, one thread waits for all stops and one for a reset; estop has its own. A reset does not wait behind
    another: it would undo an estop that came after it.

    Args:
        node: that offers them; its executor has a thread for each of them, and one more.
        station: of the arm; raises WmrError where it is not known.
    """

    def __init__(self, node: Node, station: Callable[[], Station]) -> None:
        self._who, self._station = node.get_fully_qualified_name(), station
        self._resetting = threading.Lock()
        for name, order, group in (
            ("estop", self._estop, MutuallyExclusiveCallbackGroup()),
            ("stop", self._stop, MutuallyExclusiveCallbackGroup()),
            ("reset", self._reset, ReentrantCallbackGroup()),
        ):
            node.create_service(Trigger, name, _answering(order), callback_group=group)

    def _estop(self) -> tuple[bool, str]:
        station = self._station()
        state = orders.estop([station], f"estop of {self._who}")[station.name]
        return state.startswith("latched"), state

    def _stop(self) -> tuple[bool, str]:
        state = orders.stop(self._station())
        return state in ("stopped", "latched", ""), state or "the arm is not commanded"

    def _reset(self) -> tuple[bool, str]:
        if not self._resetting.acquire(blocking=False):
            return False, "another reset is under way"
        try:
            done = orders.reset(self._station())
        finally:
            self._resetting.release()
        return done.granted, done.told or done.state


def _answering(order: Callable[[], tuple[bool, str]]) -> Callable[[Any, Any], Any]:
    def answer(request: Any, response: Any) -> Any:
        try:
            response.success, response.message = order()
        except WmrError as error:
            response.success, response.message = False, str(error)
        return response

    return answer
