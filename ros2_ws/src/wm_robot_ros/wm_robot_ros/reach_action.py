"""The action reach_goal_image: one goal at a time, told while it is pursued."""

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from wm_robot_msgs.action import ReachGoal

from wm_robot.core.errors import WmrError
from wm_robot.core.types import Goal
from wm_robot.runtime.arm_session import Period
from wm_robot_ros.goal_messages import check_ends
from wm_robot_ros.pursuit import DEACTIVATED, Pursued, Pursuit

ENDED = {
    "time over": ReachGoal.Result.TIME_OVER,
    "reached": ReachGoal.Result.REACHED,
    "canceled": ReachGoal.Result.CANCELED,
    DEACTIVATED: ReachGoal.Result.CANCELED,
}


class ReachAction:
    """Takes goals, and says how each ended.

    Args:
        node: that offers the action.
        pursuit: what pursues goals, now; None while the node is not active.
        goal_of: what a goal message asks for; raises WmrError.
        time_limit_s: for a goal that says none, now.
    """

    def __init__(
        self,
        node: Node,
        pursuit: Callable[[], Pursuit | None],
        goal_of: Callable[[Any], Goal],
        time_limit_s: Callable[[], float],
    ) -> None:
        self._node, self._pursuit, self._goal_of = node, pursuit, goal_of
        self._time_limit_s = time_limit_s
        self._taken = threading.Lock()
        self._server = ActionServer(
            node,
            ReachGoal,
            "reach_goal_image",
            execute_callback=self._execute,
            goal_callback=self._judge,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
            callback_group=ReentrantCallbackGroup(),
        )

    def _judge(self, request: Any) -> GoalResponse:
        refusal = ""
        if not self._taken.acquire(blocking=False):
            refusal = "another goal is pursued; cancel it first"
        else:
            try:
                check_ends(request)
                self._goal_of(request)
            except WmrError as error:
                self._taken.release()
                refusal = str(error)
        if refusal:
            self._node.get_logger().warning(f"goal refused: {refusal}")
        return GoalResponse.REJECT if refusal else GoalResponse.ACCEPT

    def _execute(self, handle: Any) -> Any:
        try:
            return self._ended(handle)
        finally:
            self._taken.release()

    def _ended(self, handle: Any) -> Any:
        """The result, once the goal is no longer pursued."""
        began, result = time.monotonic(), ReachGoal.Result()
        try:
            done = self._pursue(handle)
        except Exception as error:  # rclpy would only print it, and the client would wait
            self._node.get_logger().error(f"goal given up: {error}")
            result.ended, result.why, done = ReachGoal.Result.FAILED, str(error), Pursued()
            handle.abort()
        else:
            result.ended, result.why = ENDED.get(done.ended, ReachGoal.Result.LATCHED), done.ended
            if done.ended == "canceled" and handle.is_cancel_requested:
                handle.canceled()
            elif result.ended in (ReachGoal.Result.TIME_OVER, ReachGoal.Result.REACHED):
                handle.succeed()
            else:
                handle.abort()
        result.goal_distance, result.periods = done.goal_distance, done.periods
        result.duration = time.monotonic() - began
        return result

    def _pursue(self, handle: Any) -> Pursued:
        request, pursuit = handle.request, self._pursuit()
        if pursuit is None:
            raise WmrError("the planner is not active")
        first: list[float] = []

        def tell(period: Period, distance: float) -> None:
            first.append(distance)
            handle.publish_feedback(
                ReachGoal.Feedback(
                    goal_distance=distance,
                    progress=min(max(1.0 - distance / max(first[0], 1e-9), 0.0), 1.0),
                    periods=period.index + 1,
                    plan_time=float(period.plan_s),
                    state=period.status.state,
                )
            )

        return pursuit.pursue(
            self._goal_of(request),
            time_limit_s=request.time_limit or self._time_limit_s(),
            tolerance=request.tolerance,
            seed=request.seed,
            canceled=lambda: handle.is_cancel_requested,
            on_period=tell,
        )
