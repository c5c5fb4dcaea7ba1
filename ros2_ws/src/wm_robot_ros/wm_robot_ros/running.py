"""A node's process: started, told to end by a signal, and ended in order."""

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import rclpy
from rclpy.exceptions import InvalidHandle
from rclpy.executors import ExternalShutdownException, MultiThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from wm_robot.core.errors import WmrError

N = TypeVar("N", bound=Node)

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

THREADS = 6
"""For callbacks: some wait for the arm while others go on. Those of the safety controller that may wait are
transitions, parameters, stop, reset and estop, one of each at a time."""

END_S = 20.0
"""For everything after a signal: a bag is finished meanwhile, and launch kills after 25 s. A safety
controller whose loop hangs has ended before."""

LEAVE_S = 3.0
"""To leave the network in order, once the arm rests."""


class PatientExecutor(MultiThreadedExecutor):
    """Outlives that a topic or service of a node is given up while it gathers what to wait for.

    rclpy passes over what is destroyed then, but not over the events of a subscription, and would end.
    """

    def wait_for_ready_callbacks(self, *args: Any, **kwargs: Any) -> Any:
        while True:
            with suppress(InvalidHandle):
                return super().wait_for_ready_callbacks(*args, **kwargs)


def run_node(make: Callable[[], N], end: Callable[[N], None]) -> int:
    """Spin a node until a signal comes or one of its callbacks fails.

    rclpy's own handlers would close the network at once, and with it the way to the arm. A signal that
    comes again, as when a terminal and a launch file both send it, changes nothing.

    Args:
        make: the node.
        end: called before the network is left, whatever was the reason. Where it hangs, the process ends with
            where each thread was.

    Returns:
        Exit code of the process.
    """
    failures = []
    over, end_of = os.pipe()  # an event's lock is not to be taken in a handler: this thread may hold it
    for number in SIGNALS:
        signal.signal(number, lambda *_: os.write(end_of, b"0"))
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    try:
        node = make()
    except WmrError as error:
        print(error, file=sys.stderr)
        rclpy.try_shutdown()
        return 2
    executor = PatientExecutor(THREADS)
    executor.add_node(node)

    def spin() -> None:
        try:
            executor.spin()
        except ExternalShutdownException:
            pass
        except Exception as error:  # whatever a callback raises, the node ends in order
            failures.append(error)
            node.get_logger().fatal(f"{type(error).__name__}: {error}")
        finally:
            os.write(end_of, b"0")

    spinning = threading.Thread(target=spin, name="executor", daemon=True)
    spinning.start()
    os.read(over, 1)
    faulthandler.dump_traceback_later(END_S, exit=True)  # whatever hangs, and with the interpreter locked too
    try:
        end(node)
    finally:
        # The arm rests. A callback that still waits for something must not keep the process from its end.
        _after(LEAVE_S, lambda: os._exit(1 if failures else 0))
        executor.shutdown(timeout_sec=1.0)
        spinning.join(1.0)
        node.destroy_node()
        rclpy.try_shutdown()
    return 1 if failures else 0


def _after(delay_s: float, action: Callable[[], None]) -> None:
    timer = threading.Timer(delay_s, action)
    timer.daemon = True
    timer.start()
