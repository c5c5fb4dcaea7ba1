"""Node safety_controller: chunks of a planner → joint commands that have passed the safety filter.

Activation takes the arm over where it stands. Deactivation, the end of the process and whatever goes wrong
bring it to rest.
"""

import gc
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import geometry_msgs.msg
import wm_robot_msgs.msg
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

from wm_robot.core.errors import DriverError, WmrError
from wm_robot.robots import get_robot
from wm_robot.runtime.control.station import Station
from wm_robot_ros.arm_control import ArmControl
from wm_robot_ros.diagnostics import INACTIVE, of_safety
from wm_robot_ros.managed_node import ManagedNode
from wm_robot_ros.node_peer import SENSOR_QOS, NodePeer
from wm_robot_ros.order_services import OrderServices
from wm_robot_ros.parameters import Parameters
from wm_robot_ros.running import run_node
from wm_robot_ros.safety_settings import ROBOT, read, safety_parameters
from wm_robot_ros.status_messages import inactive, tip_pose

SWITCH_S = 0.0005
"""After which a thread that holds the interpreter gives way to the control loop."""

LOOK_S = 1.0
"""Between two looks after the control loop."""


class SafetyController(ManagedNode):
    def __init__(self) -> None:
        super().__init__("safety_controller")
        self._params = Parameters(self)
        self._params.declare([ROBOT], read_only=[ROBOT.name])
        self._robot = get_robot(self._params.values()[ROBOT.name])
        self._params.declare(safety_parameters(self._robot))
        self._params.watch(self._check)
        self._control: ArmControl | None = None
        self._owning = threading.Lock()
        self._held = self._leaving = False
        """Whether parameters must stay as they were read; whether the process ends."""
        OrderServices(self, self._station)
        self._peer = NodePeer(self, self.get_namespace())
        self._status = self._peer.advertise("safety_status", wm_robot_msgs.msg.SafetyStatus, SENSOR_QOS)
        self._tip = self._peer.advertise("tip", geometry_msgs.msg.PoseStamped, SENSOR_QOS)
        self.create_timer(LOOK_S, self._look_after, callback_group=self.transitions, clock=self.steady)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("configure", self._configure)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("activate", self._take_over)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("deactivate", self.let_go)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("clean up", self.let_go)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("shut down", self.let_go)

    def leave(self) -> None:
        """Let the arm go for good: an activation that still waits for its turn is refused."""
        self._leaving = True
        self.let_go()

    def let_go(self) -> None:
        """Bring the arm to rest and command it no longer."""
        with self._owning:
            if self._control is None:
                return
            try:
                self._control.stop()
            except WmrError as error:
                self.get_logger().fatal(str(error))
                os._exit(1)  # nothing less ends a thread that hangs; the arm's own watchdog has the word
            self._control.close()
            self._control = None
            self._held = False
            self._tell(self._inactive())

    def _configure(self) -> None:
        self.be_alone()
        self._check(self._params.values())

    def _take_over(self) -> None:
        with self._owning:
            if self._leaving:
                raise WmrError("the process ends")
            self._held = True  # before they are read: what is accepted later would not be in force
            try:
                self._control = self._started()
            except BaseException:
                self._held = False
                raise

    def _started(self) -> ArmControl:
        settings, run = read(self._robot, self._params.values())
        control = ArmControl(self, settings, run, self._tell)
        try:
            control.start()
        except BaseException:
            control.close()
            raise
        return control

    def _check(self, values: Mapping[str, Any]) -> None:
        if self._held:
            raise WmrError("nothing changes under an arm that is commanded; deactivate first")
        read(self._robot, values)

    def _tell(self, status: Any) -> None:
        with suppress(DriverError):  # a control loop that goes on is worth more than one that is heard
            self._status.send(status)
            if status.mode != status.INACTIVE:
                self._tip.send(tip_pose(geometry_msgs.msg, status))

    def _inactive(self) -> Any:
        return inactive(wm_robot_msgs.msg, self._peer.now_ns())

    def _look_after(self) -> None:
        control, diagnosis = self._control, INACTIVE
        if control is None:
            self._tell(self._inactive())
        elif control.failure:
            self.get_logger().error(f"the control loop has ended: {control.failure}")
            self.trigger_deactivate()
        else:
            gc.collect(1)  # of this second alone; the control loop has switched the rest off
            diagnosis = of_safety(control.last, control.rate_hz)
        self.diagnose(diagnosis)

    def _station(self) -> Station:
        _, run = read(self._robot, self._params.values())
        return Station(run.station)


def main() -> None:
    sys.setswitchinterval(SWITCH_S)
    sys.exit(run_node(SafetyController, SafetyController.leave))
