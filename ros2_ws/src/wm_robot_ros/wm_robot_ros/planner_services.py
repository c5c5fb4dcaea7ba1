"""What a planner can be asked to do otherwise: another goal, another world model, another algorithm."""

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup, ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.parameter import Parameter
from wm_robot_msgs.srv import LoadCheckpoint, SetGoalImage, SwitchPlanner

from wm_robot.core.errors import WmrError
from wm_robot_ros.planning import Planning


class PlannerServices:
    """The services load_checkpoint, switch_planner and set_goal_image.

    Args:
        node: that offers them.
        planning: what they are about.
        transitions: group of the node's transitions, during which no model is exchanged.
    """

    def __init__(self, node: Node, planning: Planning, transitions: CallbackGroup) -> None:
        self._node, self._planning = node, planning
        for kind, name, order, group in (
            (LoadCheckpoint, "load_checkpoint", self._load_checkpoint, transitions),
            (SwitchPlanner, "switch_planner", self._switch_planner, transitions),
            (SetGoalImage, "set_goal_image", self._set_goal, ReentrantCallbackGroup()),
        ):
            node.create_service(kind, name, _answering(order), callback_group=group)

    def _load_checkpoint(self, request: Any, response: Any) -> str:
        pursuit = self._planning.pursuit
        if pursuit is not None and pursuit.busy:
            raise WmrError("a goal is pursued; cancel it first")
        model = self._planning.adopt(request.checkpoint)
        response.robot, response.sha256 = model.config.robot, model.sha256
        return f"{request.checkpoint} is loaded"

    def _switch_planner(self, request: Any, response: Any) -> str:
        if self._planning.loaded is None:
            raise WmrError("no world model is loaded; configure the planner first")
        response.previous = self._node.get_parameter("planner").value
        (result,) = self._node.set_parameters([Parameter("planner", value=request.planner)])
        if not result.successful:
            raise WmrError(result.reason)
        return f"{response.previous} → {request.planner}"

    def _set_goal(self, request: Any, response: Any) -> str:
        loaded = self._planning.loaded
        if loaded is None:
            raise WmrError("no world model is loaded; configure the planner first")
        return loaded.stored.set(request, self._captured)

    def _captured(self) -> Any:
        pursuit = self._planning.pursuit
        if pursuit is None:
            raise WmrError("the planner is not active: no camera is connected")
        return pursuit.pictures()


def _answering(order: Callable[[Any, Any], str]) -> Callable[[Any, Any], Any]:
    def answer(request: Any, response: Any) -> Any:
        try:
            response.message, response.success = order(request, response), True
        except WmrError as error:
            response.success, response.message = False, str(error)
        return response

    return answer
