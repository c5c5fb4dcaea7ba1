"""A node as a process, which is tested, and the node beside it that the test plays."""

import os
import signal
import subprocess
import sys
import threading
import time

import rclpy
from rclpy.executors import SingleThreadedExecutor

PATIENCE_S = 60.0
"""For what takes a moment, on a machine that may be busy."""


class NodeProcess(subprocess.Popen):
    """A node of this package, alone in a process; what it says goes to the end of a file.

    Args:
        module: of the package, with a `main`.
        domain: where it finds others.
        log: the file.
        arguments: for ROS.
        environment: beside that of this process.
    """

    def __init__(self, module, domain, log, *arguments, **environment):
        self._log = log
        command = [sys.executable, "-c", f"from wm_robot_ros.{module} import main; main()", "--ros-args"]
        with log.open("a") as output:
            super().__init__(
                [*command, *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "ROS_DOMAIN_ID": str(domain), **environment},
            )

    @property
    def output(self):
        return self._log.read_text()

    @property
    def runs(self):
        return self.poll() is None

    def ended(self):
        """Exit code, once it has ended."""
        return self.wait(PATIENCE_S)

    def end(self, number=signal.SIGINT):
        """Exit code after a signal: one that is killed haunts the network for ten seconds more."""
        self.send_signal(number)
        return self.ended()


def parameters(*given):
    """Arguments that set parameters, each as name:=value."""
    return [word for one in given for word in ("-p", one)]


class Counterpart:
    """A node that the test plays.

    Attributes:
        process: the node that is tested, once it was started; without one `wait` looks at the time alone.
    """

    def __init__(self, name, domain):
        self.process, self.domain = None, domain
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = rclpy.create_node(name, context=self.context)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)

    def spin(self):
        """Hear and answer from now on, in a thread; once all is there that is heard."""
        threading.Thread(target=self._spin, daemon=True).start()

    def _spin(self):
        try:
            self._executor.spin()
        except Exception:
            if self.context.ok():  # else the test is over
                raise

    def close(self):
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)

    @property
    def output(self):
        """What the node that is tested has said."""
        return "" if self.process is None else self.process.output

    def account(self):
        """What helps to see why something did not come."""
        return self.output

    def call(self, kind, name, request=None, **fields):
        """The answer of a service below /wm_robot to a request, or to one with these fields."""
        client = self.node.create_client(kind, f"/wm_robot/{name}")
        self.wait(client.service_is_ready, name)
        future = client.call_async(request or kind.Request(**fields))
        self.wait(future.done, f"an answer of {name}")
        self.node.destroy_client(client)
        return future.result()

    def within(self, ask):
        """What `ask()` returns, called where the node is spun.

        An action's client forgets an answer that is heard before its request is noted, as a fast node's is.
        """
        task = self._executor.create_task(ask)
        self.wait(task.done)
        return task.result()

    def wait(self, until, what="what was waited for"):
        """What `until()` returns, once that is true."""
        end = time.monotonic() + PATIENCE_S
        while not (result := until()):
            assert time.monotonic() < end, f"{what} did not come in {PATIENCE_S} s\n{self.account()}"
            assert self.process is None or self.process.runs or until(), self.account()
            time.sleep(0.01)
        return result
