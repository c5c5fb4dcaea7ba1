"""Node planner: cameras and joints → chunks of actions, towards the goals of an action.

Configuring loads a world model, activating connects the cameras. Deactivation, the end of the process and
whatever goes wrong give the goal up, and the arm comes to rest.
"""

import sys

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

from wm_robot.runtime.control.scheduling import PLANNER, prefer_process
from wm_robot.runtime.watch.order_relay import ESTOP, RESET
from wm_robot_ros.cell_settings import ROBOT
from wm_robot_ros.diagnostics import INACTIVE_PLANNER
from wm_robot_ros.managed_node import ManagedNode
from wm_robot_ros.parameters import Parameters
from wm_robot_ros.planner_services import PlannerServices
from wm_robot_ros.planning import Planning
from wm_robot_ros.reach_action import ReachAction
from wm_robot_ros.running import run_node
from wm_robot_ros.service_calls import ServiceCalls

BEAT_S = 0.05
"""Between two signs of life."""

LOOK_S = 1.0
"""Between two diagnoses."""


class Planner(ManagedNode):
    def __init__(self) -> None:
        super().__init__("planner")
        params = Parameters(self)
        params.declare([ROBOT], read_only=[ROBOT.name])
        robot = params.values()[ROBOT.name]
        planning = self._planning = Planning(self, params, robot, ServiceCalls(self, (ESTOP, RESET)))
        PlannerServices(self, planning, self.transitions)
        self._action = ReachAction(
            self, lambda: planning.pursuit, planning.goal_of, lambda: planning.time_limit_s
        )
        group = ReentrantCallbackGroup()
        self.create_timer(BEAT_S, self._beat, callback_group=group, clock=self.steady)
        self.create_timer(LOOK_S, self._look, callback_group=group, clock=self.steady)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("configure", self._configure)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("activate", self._planning.open)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("deactivate", self._planning.close)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("clean up", self._planning.clean_up)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("shut down", self._planning.clean_up)

    def leave(self) -> None:
        """Give up the goal, and call nobody any more."""
        self._planning.leave()
        for timer in self.timers:
            timer.cancel()

    def _configure(self) -> None:
        self.be_alone()
        self._planning.configure()

    def _beat(self) -> None:
        pursuit, loaded = self._planning.pursuit, self._planning.loaded
        if pursuit is not None:
            pursuit.beat()
        if loaded is not None and loaded.page is not None:
            loaded.page.attend("inactive" if pursuit is None else "waiting for a goal")

    def _look(self) -> None:
        pursuit = self._planning.pursuit
        self.diagnose(INACTIVE_PLANNER if pursuit is None else pursuit.diagnosis())


def main() -> None:
    prefer_process(PLANNER)  # before what else this machine runs, behind the control loop
    sys.exit(run_node(Planner, Planner.leave))
