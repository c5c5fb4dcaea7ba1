"""Lifecycle nodes come to life one after the other; where one does not, or dies, the launch has failed."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import EmitEvent, OpaqueFunction, RegisterEventHandler, Shutdown, UnregisterEventHandler
from launch.event_handler import EventHandler
from launch.event_handlers import OnProcessExit
from launch.events import matches_action
from launch.events.process import ProcessExited
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState, StateTransition
from lifecycle_msgs.msg import Transition

from wm_robot_bringup.settings import exit_report

EXPECTED = {"configuring": "inactive", "activating": "active"}


class LaunchFailed(RuntimeError):
    """Ends a launch with its message and a non-zero exit code, after every node has been shut down."""


def bring_up(nodes: Sequence[LifecycleNode]) -> list[LaunchDescriptionEntity]:
    """Configure and activate `nodes`, each when the one before it is active."""
    failed = [_on_failure(node) for node in nodes]
    handlers = [*failed]
    for node in nodes:
        activate = _request(node, Transition.TRANSITION_ACTIVATE)
        handlers.append(_on_arrival(node, "configuring", [activate]))
    for node, following in pairwise(nodes):
        configure = _request(following, Transition.TRANSITION_CONFIGURE)
        handlers.append(_on_arrival(node, "activating", [configure]))
    # Later transitions are somebody's own: one that fails then is no reason to end everything.
    forget = [UnregisterEventHandler(handler) for handler in failed]
    handlers.append(_on_arrival(nodes[-1], "activating", forget))
    return [
        *(RegisterEventHandler(handler) for handler in handlers),
        _request(nodes[0], Transition.TRANSITION_CONFIGURE),
    ]


def required(node: Node, name: str, *, ends_well: bool = False) -> LaunchDescriptionEntity:
    """When `node` ends by itself, everything is shut down and the launch has failed.

    Args:
        node: any process of the launch.
        name: what it is called in the report.
        ends_well: whether it has a task that ends, so that exit code 0 is no failure.
    """

    def report(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        if context.is_shutdown:
            return []
        if ends_well and event.returncode == 0:
            return [Shutdown(reason=f"{name} is done")]
        raise LaunchFailed(exit_report(name, event.returncode))

    return RegisterEventHandler(OnProcessExit(target_action=node, on_exit=report))


def _request(node: LifecycleNode, transition: int) -> EmitEvent:
    event = ChangeState(lifecycle_node_matcher=matches_action(node), transition_id=transition)
    return EmitEvent(event=event)


def _on_arrival(node: LifecycleNode, start: str, entities: list[Any]) -> EventHandler:
    return OnStateTransition(
        target_lifecycle_node=node,
        start_state=start,
        goal_state=EXPECTED[start],
        entities=entities,
        handle_once=True,
    )


def _on_failure(node: LifecycleNode) -> EventHandler:
    return OnStateTransition(
        matcher=_is_failure_of(node), entities=[OpaqueFunction(function=_fail)], handle_once=True
    )


def _is_failure_of(node: LifecycleNode) -> Callable[[Any], bool]:
    def matches(event: Any) -> bool:
        return (
            isinstance(event, StateTransition)
            and event.action is node
            and event.start_state in EXPECTED
            and event.goal_state != EXPECTED[event.start_state]
        )

    return matches


def _fail(context: LaunchContext) -> None:
    event = context.locals.event
    node = event.action.node_name.rpartition("/")[2]
    raise LaunchFailed(
        f"{node} came from {event.start_state} to {event.goal_state} instead of "
        f"{EXPECTED[event.start_state]}; it says why above"
    )
