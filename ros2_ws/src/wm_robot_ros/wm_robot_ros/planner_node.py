"""Node planner: cameras and joints → chunks of actions, towards the goals of an action.

Configuring loads a world model, activating connects the cameras. Deactivation, the end of the process and
whatever goes wrong give the goal up, and the arm comes to rest.
"""

import sys
import threading
from collections.abc import Mapping
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

from wm_robot.core.errors import MismatchError, WmrError
from wm_robot.core.types import Goal
from wm_robot.models.checkpoint import load_checkpoint
from wm_robot.models.world_model import WorldModel
from wm_robot.planners.planning import PlanningConfig, planning_from_json
from wm_robot.robots import get_robot
from wm_robot.runtime.control.scheduling import PLANNER, prefer_process
from wm_robot.runtime.planner_settings import apply, planner_settings
from wm_robot.runtime.watch.order_relay import ESTOP, RESET
from wm_robot_ros.cell_settings import (
    ROBOT,
    CellSettings,
    cell_parameters,
    checkpoint_folder,
    read_cell,
    station_name,
)
from wm_robot_ros.diagnostics import INACTIVE_PLANNER
from wm_robot_ros.goal_messages import goal_of
from wm_robot_ros.managed_node import ManagedNode
from wm_robot_ros.parameters import Parameters
from wm_robot_ros.planner_page import PlannerPage
from wm_robot_ros.planner_services import PlannerServices
from wm_robot_ros.pursuit import Pursuit
from wm_robot_ros.reach_action import ReachAction
from wm_robot_ros.running import run_node
from wm_robot_ros.service_calls import ServiceCalls
from wm_robot_ros.stored_goal import StoredGoal

BEAT_S = 0.05
"""Between two signs of life."""

LOOK_S = 1.0
"""Between two diagnoses."""


class Planner(ManagedNode):
    def __init__(self) -> None:
        super().__init__("planner")
        self._params = Parameters(self)
        self._params.declare([ROBOT], read_only=[ROBOT.name])
        self._params.declare(cell_parameters(self._params.values()[ROBOT.name]))
        self._params.watch(self._change)
        self._owning, self._leaving = threading.Lock(), False
        self._model: WorldModel | None = None
        self._planning = PlanningConfig()
        self._orders = ServiceCalls(self, (ESTOP, RESET))
        self._page: PlannerPage | None = None
        self.pursuit: Pursuit | None = None
        self.stored: StoredGoal | None = None
        group = ReentrantCallbackGroup()
        PlannerServices(self, self, self.transitions)
        self._action = ReachAction(
            self, lambda: self.pursuit, self._goal_of, lambda: read_cell(self._params.values()).time_limit_s
        )
        self.create_timer(BEAT_S, self._beat, callback_group=group, clock=self.steady)
        self.create_timer(LOOK_S, self._look, callback_group=group, clock=self.steady)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("configure", self._configure)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("activate", self._open)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("deactivate", self.close)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("clean up", self._forget)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("shut down", self._forget)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self.attempt("recover", self._forget)

    def leave(self) -> None:
        """Give up the goal, and call nobody any more."""
        self._leaving = True  # an activation that still waits for its turn is refused
        with self._owning:
            self._forget()
        for timer in self.timers:
            timer.cancel()

    def close(self) -> None:
        """Give up the goal; the arm comes to rest."""
        pursuit, self.pursuit = self.pursuit, None
        if pursuit is not None:
            pursuit.close()

    def _configure(self) -> None:
        self.be_alone()
        self.adopt(read_cell(self._params.values()).checkpoint)

    def adopt(self, checkpoint: str) -> WorldModel:
        """Plan with this world model from now on; one of another robot changes nothing."""
        model = load_checkpoint(checkpoint_folder(checkpoint))
        robot = self._params.values()[ROBOT.name]
        if get_robot(robot).name != model.config.robot:
            raise MismatchError(f"{checkpoint} is for {model.config.robot}, not {robot}; train one for it")
        planning = planning_from_json(model.config.planning)
        active = self.pursuit is not None
        self._forget()
        try:
            self._plan_with(model, checkpoint, planning)
            if active:
                self._open()
        except BaseException:
            self._forget()
            if active:  # nobody shall take a planner without a model for one that pursues goals
                self.trigger_deactivate()
            raise
        return model

    def _plan_with(self, model: WorldModel, checkpoint: str, planning: PlanningConfig) -> None:
        settings = planner_settings(planning)
        self._params.declare(settings)
        if self._params.values()["checkpoint"] != checkpoint:
            self._params.change({"checkpoint": checkpoint})  # what is configured again is this one
        values = self._params.values()
        self._planning = apply(planning, {setting.name: values[setting.name] for setting in settings})
        namespace = read_cell(values).arm_namespace
        self._model, self.stored = model, StoredGoal(self, namespace, model.observation_space)
        self._page = self._serve(checkpoint, read_cell(values))
        self.get_logger().info(f"{checkpoint}: {model.config.environment}, SHA-256 {model.sha256[:12]}")

    def _serve(self, checkpoint: str, cell: CellSettings) -> PlannerPage | None:
        if not cell.dashboard_port:
            return None
        robot = self._params.values()[ROBOT.name]
        page = PlannerPage(
            checkpoint_folder(checkpoint),
            robot=robot,
            station=cell.arm or station_name(cell.arm_namespace, robot),
            port=cell.dashboard_port,
            order=lambda name: self._orders(name)["message"],
            planning=lambda: self._planning,
            tune=self._tune,
        )
        print(f"dashboard: {page.address.url}", file=sys.stderr, flush=True)  # not to /rosout: with the token
        return page

    def _tune(self, planning: PlanningConfig) -> None:
        old, new = planner_settings(self._planning), planner_settings(planning)
        self._params.change(
            {b.name: b.default for a, b in zip(old, new, strict=True) if a.default != b.default}
        )

    def _open(self) -> None:
        with self._owning:
            if self._leaving:
                raise WmrError("the process ends")
            self.pursuit = self._opened()

    def _opened(self) -> Pursuit:
        if self._model is None:
            raise WmrError("no world model is loaded")
        pursuit = Pursuit(
            self, read_cell(self._params.values()), self._model, lambda: self._planning, self._page
        )
        try:
            pursuit.open()
        except BaseException:
            pursuit.close()
            raise
        return pursuit

    def _forget(self) -> None:
        self.close()
        for end in (self.stored, self._page):
            if end is not None:
                end.close()
        self._model = self.stored = self._page = None

    def _change(self, values: Mapping[str, Any]) -> None:
        """Put new parameters into force: how it plans at once, where its inputs are while inactive."""
        old, new = read_cell(self._params.values()), read_cell(values)
        if new != old and self.pursuit is not None:
            raise WmrError("the planner's inputs do not change while it is active; deactivate first")
        if self._model is not None:
            names = [setting.name for setting in planner_settings(self._planning)]
            planning = apply(self._planning, {name: values[name] for name in names if name in values})
            if self.pursuit is not None:
                self.pursuit.check(planning)
            self._planning = planning

    def _goal_of(self, request: Any) -> Goal:
        if self._model is None or self.stored is None or self.pursuit is None:
            raise WmrError("the planner is not active")
        return goal_of(
            request,
            stored=self.stored.goal,
            arm=self.pursuit.arm,
            base_frame=read_cell(self._params.values()).base_frame,
            senses=self._model.observation_space,
        )

    def _beat(self) -> None:
        if (pursuit := self.pursuit) is not None:
            pursuit.beat()
        if (page := self._page) is not None:
            page.attend("inactive" if pursuit is None else "waiting for a goal")

    def _look(self) -> None:
        pursuit = self.pursuit
        self.diagnose(INACTIVE_PLANNER if pursuit is None else pursuit.diagnosis())


def main() -> None:
    prefer_process(PLANNER)  # before what else this machine runs, behind the control loop
    sys.exit(run_node(Planner, Planner.leave))
