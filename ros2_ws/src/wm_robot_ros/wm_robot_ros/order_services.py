"""Services by which people stop an arm and let it move again: what `wmr estop` and `wmr reset` do."""

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from std_srvs.srv import Trigger

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control import orders
from wm_robot.runtime.control.station import Station


class OrderServices:
    """estop, stop and reset in a node's namespace; each answers with what became of it.

    They reach whatever process of this machine commands the arm, and work while none does.

    Args:
        node: that offers them, on threads that nothing else holds up.
        station: of the arm; raises WmrError where it is not known.
    """

    def __init__(self, node: Node, station: Callable[[], Station]) -> None:
        self._who, self._station = node.get_fully_qualified_name(), station
        group = ReentrantCallbackGroup()
        for name, order in (("estop", self._estop), ("stop", self._stop), ("reset", self._reset)):
            node.create_service(Trigger, name, _answering(order), callback_group=group)

    def _estop(self) -> tuple[bool, str]:
        station = self._station()
        state = orders.estop([station], f"estop of {self._who}")[station.name]
        return state.startswith("latched"), state

    def _stop(self) -> tuple[bool, str]:
        state = orders.stop(self._station())
        return state in ("stopped", "latched", ""), state or "the arm is not commanded"

    def _reset(self) -> tuple[bool, str]:
        done = orders.reset(self._station())
        return done.granted, done.told or done.state


def _answering(order: Callable[[], tuple[bool, str]]) -> Callable[[Any, Any], Any]:
    def answer(request: Any, response: Any) -> Any:
        try:
            response.success, response.message = order()
        except WmrError as error:
            response.success, response.message = False, str(error)
        return response

    return answer
