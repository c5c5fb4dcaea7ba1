"""What a planner node has: first the inputs of a cell, then a world model, then the pursuit of goals."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from wm_robot.core.errors import MismatchError, WmrError
from wm_robot.core.types import Goal
from wm_robot.models.checkpoint import load_checkpoint
from wm_robot.models.world_model import WorldModel
from wm_robot.planners.planning import PlanningConfig, planning_from_json
from wm_robot_ros.cell_settings import cell_parameters, checkpoint_folder, read_cell
from wm_robot_ros.goal_messages import goal_of
from wm_robot_ros.held_cell import HeldCell
from wm_robot_ros.loaded_model import LoadedModel
from wm_robot_ros.managed_node import ManagedNode
from wm_robot_ros.parameters import Parameters
from wm_robot_ros.pursuit import Pursuit


class Planning:
    """Inputs, model and pursuit of a planner node, by its transitions.

    Args:
        node: that plans.
        params: of the node; all but the robot are declared here.
        robot: the arm's name.
        order: calls a service of the safety controller.

    Raises:
        WmrError: a parameter that is not valid.
    """

    def __init__(
        self, node: ManagedNode, params: Parameters, robot: str, order: Callable[[str], dict[str, Any]]
    ) -> None:
        self._node, self._params, self._robot, self._order = node, params, robot, order
        params.declare(cell_parameters(robot))
        self._cell = HeldCell(read_cell(params.values()))
        self._owning, self._leaving, self._opening = threading.Lock(), False, False
        self.loaded: LoadedModel | None = None
        """The world model; None while none is configured."""
        self.pursuit: Pursuit | None = None
        """What pursues goals; None while the node is not active."""
        params.watch(self._change)

    @property
    def time_limit_s(self) -> float:
        """Of a goal that names none."""
        return self._cell.now.time_limit_s

    def configure(self) -> None:
        """Load the world model that the parameters name; from now on the inputs stay as they are."""
        checkpoint = self._cell.hold().checkpoint
        try:
            self._load(checkpoint)
        except BaseException:
            self._cell.release()
            raise

    def adopt(self, checkpoint: str) -> WorldModel:
        """Plan with another world model from now on; one of another robot changes nothing."""
        if not self._cell.held:
            raise WmrError("the planner is not configured: configure it, with this checkpoint as a parameter")
        model = self._load(checkpoint)
        self._params.change({"checkpoint": checkpoint})  # what is configured again is this one
        return model

    def open(self) -> None:
        """Connect the cameras; goals can be pursued."""
        with self._owning:
            self._refuse_at_the_end()
            if self.loaded is None:
                raise WmrError("no world model is loaded")
            self.pursuit = self._opened(self.loaded)

    def close(self) -> None:
        """Give up the goal; the arm comes to rest."""
        pursuit, self.pursuit = self.pursuit, None
        if pursuit is not None:
            pursuit.close()

    def clean_up(self) -> None:
        """Forget the model; the inputs may change."""
        self._forget()
        self._cell.release()

    def leave(self) -> None:
        """Give up everything for good: an activation that still waits for its turn is refused."""
        self._leaving = True
        with self._owning:
            self._forget()

    def goal_of(self, request: Any) -> Goal:
        """What a goal message asks for; raises WmrError."""
        loaded, pursuit = self.loaded, self.pursuit
        if loaded is None or pursuit is None:
            raise WmrError("the planner is not active")
        return goal_of(
            request,
            stored=loaded.stored.goal,
            arm=pursuit.arm,
            base_frame=self._cell.now.base_frame,
            senses=loaded.model.observation_space,
        )

    def _load(self, checkpoint: str) -> WorldModel:
        self._opening = True
        try:
            model = load_checkpoint(checkpoint_folder(checkpoint))
            if self._robot != model.config.robot:
                raise MismatchError(
                    f"{checkpoint} is for {model.config.robot}, not {self._robot}; train one for it"
                )
            self._exchange(checkpoint, model, planning_from_json(model.config.planning))
        finally:
            self._opening = False
        return model

    def _exchange(self, checkpoint: str, model: WorldModel, planning: PlanningConfig) -> None:
        active = self.pursuit is not None
        try:
            with self._owning:
                self._refuse_at_the_end()
                self._forget()
                self._cell.adopt(checkpoint)
                self.loaded = LoadedModel(
                    self._node,
                    self._params,
                    self._cell.now,
                    model=model,
                    planning=planning,
                    order=self._order,
                )
                if active:
                    self.pursuit = self._opened(self.loaded)
        except BaseException:
            self._forget()
            if active:  # nobody shall take a planner without a model for one that pursues goals
                self._node.trigger_deactivate()
            raise

    def _opened(self, loaded: LoadedModel) -> Pursuit:
        pursuit = Pursuit(self._node, self._cell.now, loaded.model, lambda: loaded.planning, loaded.page)
        try:
            pursuit.open()
        except BaseException:
            pursuit.close()
            raise
        return pursuit

    def _forget(self) -> None:
        self.close()
        loaded, self.loaded = self.loaded, None
        if loaded is not None:
            loaded.close()

    def _refuse_at_the_end(self) -> None:
        if self._leaving:
            raise WmrError("the process ends")

    def _change(self, values: Mapping[str, Any]) -> None:
        """Put new parameters into force: how it plans at once, what the inputs are once it is configured."""
        cell, loaded = read_cell(values), self.loaded
        if self._opening:
            self._cell.change(cell)  # it is held, and says more
            raise WmrError("a checkpoint is being opened, with settings of its own; try again afterwards")
        if loaded is None:
            self._cell.change(cell)
            return
        planning = loaded.planned(values)
        if self.pursuit is not None:
            self.pursuit.check(planning)
        self._cell.change(cell)
        loaded.planning = planning
