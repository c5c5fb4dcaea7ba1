"""Messages that are taken when somebody looks, instead of being handed out by an executor."""

from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.subscription import Subscription


class Polled(CallbackGroup):
    """Entities that no executor waits for: whoever wants their messages takes them.

    So a control loop gets what is newest when it looks, and no other thread wants the interpreter for each
    message.
    """

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        pass


def take(subscription: Subscription, most: int, *, serialized: bool = False) -> list[Any]:
    """Messages of a polled subscription since the last call, oldest first; waits for none.

    Args:
        subscription: whose callback group is `Polled`.
        most: messages.
        serialized: whether they are wanted as they came over the wire, as bytes.

    Raises:
        RuntimeError: it was destroyed, or the network fails.
    """
    messages: list[Any] = []
    with subscription.handle:
        while len(messages) < most:
            taken = subscription.handle.take_message(subscription.msg_type, serialized)
            if taken is None:
                break
            messages.append(taken[0])
    return messages
