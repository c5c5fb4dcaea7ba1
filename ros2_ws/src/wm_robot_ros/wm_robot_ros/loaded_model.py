"""The world model that a planner node plans with, and all that comes and goes with it."""

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from typing import Any

from rclpy.node import Node

from wm_robot.models.world_model import WorldModel
from wm_robot.planners.planning import PlanningConfig
from wm_robot.runtime.planner_settings import apply, planner_settings
from wm_robot_ros.cell_settings import CellSettings, checkpoint_folder, station_name
from wm_robot_ros.parameters import Parameters
from wm_robot_ros.planner_page import PlannerPage
from wm_robot_ros.stored_goal import StoredGoal


class LoadedModel:
    """A model, how it plans, its parameters, the goal that is kept for it, and its page.

    Args:
        node: that plans with it.
        params: where its settings are declared, until `close`.
        cell: its checkpoint, and where its inputs are.
        model: of that checkpoint.
        planning: how the checkpoint plans by itself; parameters go before it.
        order: calls a service of the safety controller.

    Raises:
        WmrError: a parameter that is not valid, or a page that cannot be served; nothing is left behind.
    """

    def __init__(
        self,
        node: Node,
        params: Parameters,
        cell: CellSettings,
        *,
        model: WorldModel,
        planning: PlanningConfig,
        order: Callable[[str], dict[str, Any]],
    ) -> None:
        self.model, self._params, self._order = model, params, order
        settings = planner_settings(planning)
        self._names = [setting.name for setting in settings]
        with ExitStack() as stack:
            params.declare(settings)
            stack.callback(params.undeclare, self._names)
            self.planning = planning
            self.planning = self.planned(params.values())
            self.stored = stack.enter_context(
                closing(StoredGoal(node, cell.arm_namespace, model.observation_space))
            )
            self.page = self._serve(cell)
            if self.page is not None:
                stack.callback(self.page.close)
            self._stack = stack.pop_all()
        node.get_logger().info(f"{cell.checkpoint}: {model.config.environment}, SHA-256 {model.sha256[:12]}")

    def planned(self, values: Mapping[str, Any]) -> PlanningConfig:
        """How it is to plan by parameters; raises WmrError."""
        return apply(self.planning, {name: values[name] for name in self._names})

    def close(self) -> None:
        """Leave the network; what was tuned is forgotten."""
        self._stack.close()

    def _serve(self, cell: CellSettings) -> PlannerPage | None:
        if not cell.dashboard_port:
            return None
        robot = self.model.config.robot
        page = PlannerPage(
            checkpoint_folder(cell.checkpoint),
            robot=robot,
            station=cell.arm or station_name(cell.arm_namespace, robot),
            port=cell.dashboard_port,
            order=lambda name: self._order(name)["message"],
            planning=lambda: self.planning,
            tune=self._tune,
            workspace=cell.workspace,
            keep_out=cell.safety.keep_out,
        )
        print(f"dashboard: {page.address.url}", file=sys.stderr, flush=True)  # not to /rosout: with the token
        return page

    def _tune(self, planning: PlanningConfig) -> None:
        old, new = planner_settings(self.planning), planner_settings(planning)
        self._params.change(
            {b.name: b.default for a, b in zip(old, new, strict=True) if a.default != b.default}
        )
