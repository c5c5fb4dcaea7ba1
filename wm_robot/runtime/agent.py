"""Model-predictive control in the latent space of a world model."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.errors import WmrError
from wm_robot.core.protocols import Cost
from wm_robot.core.seeding import derive_seed
from wm_robot.core.types import ActionChunk, Goal, Observation
from wm_robot.kernels.backend import Backend, make_backend
from wm_robot.kernels.terms import Term
from wm_robot.planners.objective import LatentObjective, goal_terms
from wm_robot.planners.planner import Belief, Plan
from wm_robot.planners.planning import PlanningConfig, planning_from_json
from wm_robot.planners.world_model import WorldModel
from wm_robot.runtime.decision import Decision
from wm_robot.runtime.history import History
from wm_robot.runtime.observation_check import check_observation


class LatentMPC:
    """Observe, imagine, choose: a receding horizon over latents.

    a* = argmin_a Σ_t w_t c(ẑ_{t+1}, a_t),   ẑ_{t+1} = f(ẑ_t, a_t),   ẑ_0 = e(observation)

    When actions are still under way while planning, ẑ_0 is the latent they are expected to lead to,
    and the chunk starts where they end. Each plan warm-starts the next.

    Args:
        model: the world model.
        planning: search and costs; None for those that the model's checkpoint was validated with.
        backend: name of a rollout backend, or one ready made.
        costs: further costs in plain Python, of latents (K, H, L) and normalised actions (K, H, nu).
        clock: measures phases and deadlines.

    Not thread-safe.
    """

    def __init__(
        self,
        model: WorldModel,
        planning: PlanningConfig | None = None,
        *,
        backend: str | Backend = "auto",
        costs: Sequence[Cost] = (),
        clock: Clock | None = None,
    ) -> None:
        self.model = model
        self.planning = planning or planning_from_json(model.config.planning)
        self.backend = (
            make_backend(backend, model.predictor_arrays()) if isinstance(backend, str) else backend
        )
        self.clock = clock or SteadyClock()
        self.planner = self.planning.make_planner(model.action_space.nu, self.clock)
        self.history: History | None = None
        self.last_decision: Decision | None = None
        self._goal_costs = self.planning.make_costs()
        self._extra_costs = tuple(costs)
        self._terms: tuple[Term, ...] | None = None
        self._goal: Goal | None = None
        self._goal_latent: FloatArray | None = None
        self._before: tuple[History, FloatArray] | None = None
        self._seed = 0
        self._plan_id = 0
        self._last_chunk: ActionChunk | None = None
        self._stamp_ns: int | None = None
        self._decision_began_ns: int | None = None

    @property
    def last_plan(self) -> Plan | None:
        """The newest plan, None before the first and after `tune`."""
        return None if self.last_decision is None else self.last_decision.plan

    def reset(self, goal: Goal, seed: int = 0) -> None:
        """Begin an episode towards `goal`; equal seeds and observations give equal plans.

        Raises:
            MismatchError: no cost of the planning settings reads this kind of goal.
        """
        self._terms = goal_terms(self.model, self._goal_costs, goal, self.planning.search.horizon)
        self._goal, self._goal_latent, self._before = goal, None, None
        self._seed = seed
        self._plan_id = 0
        self.history = self.last_decision = self._last_chunk = None
        self._stamp_ns = self._decision_began_ns = None

    def aim(self, goal: Goal) -> None:
        """Pursue `goal` from now on, in the same episode; the next plan has no warm start.

        Raises:
            MismatchError: no cost of the planning settings reads this kind of goal; all is as it was then.
        """
        self._terms = goal_terms(self.model, self._goal_costs, goal, self.planning.search.horizon)
        self._goal, self._goal_latent, self.last_decision = goal, None, None

    def tune(self, planning: PlanningConfig) -> None:
        """Plan otherwise from now on, towards the same goal; the next plan has no warm start.

        Raises:
            WmrError: the settings do not fit each other, or none of their costs reads the goal; all is as
                it was then.
        """
        planner, costs = planning.make_planner(self.model.action_space.nu, self.clock), planning.make_costs()
        if self._goal is not None:
            self._terms = goal_terms(self.model, costs, self._goal, planning.search.horizon)
        self.planning, self.planner, self._goal_costs = planning, planner, costs
        self.last_decision = None

    def observe(self, observation: Observation, executed: ArrayLike | None = None) -> None:
        """Take in one observation.

        Args:
            observation: the newest one, a control period after the one before.
            executed: the action (nu,) carried out in between, in units; None stands for the first
                action of the last chunk, and is right for an episode's first observation.

        Raises:
            StaleObservationError, ShapeError, NotFiniteError, MismatchError, UnknownNameError:
                see `check_observation`.
        """
        self._decision_began_ns = (
            self.clock.now_ns()
        )  # of a decision that failed or was left out nothing stays
        space = self.model.action_space
        check_observation(observation, self.model.observation_space, self._stamp_ns)
        latent = self.model.encode(observation)
        if self.history is None:
            hold = space.normalize(space.hold)
            self.history = History.at_rest(latent, self.model.history, hold)
        else:
            planned = space.hold if self._last_chunk is None else self._last_chunk.actions[0]
            done = planned if executed is None else executed
            action = space.normalize(finite_array("executed action", done, (space.nu,), names=space.names))
            self._before = self.history, action
            self.history = self.history.followed_by(action, latent)
        self._stamp_ns = observation.stamp_ns

    def plan(self, under_way: ArrayLike | None = None) -> ActionChunk:
        """The actions to carry out once those under way have ended.

        Args:
            under_way: actions (n, nu) in units that run from the newest observation on, whatever is
                decided now; None for none.

        Raises:
            WmrError: no goal or no observation yet.
        """
        if self._terms is None or self.history is None or self._stamp_ns is None:
            raise WmrError("nothing to plan for: call reset with a goal and observe first")
        space = self.model.action_space
        if under_way is None:
            under_way = np.empty((0, space.nu))
        committed = finite_array("actions under way", under_way, ("n", space.nu), names=space.names)
        start = self.history.imagined_after(space.normalize(committed), self.backend)
        start_ns = self._stamp_ns + round(len(committed) * space.dt_s * 1e9)
        objective = LatentObjective(
            backend=self.backend,
            latents=start.latents,
            past_actions=start.actions,
            terms=self._terms,
            costs=self._extra_costs,
        )
        seed, warm_start = derive_seed(self._seed, "plan", self._plan_id), self._warm_start(start_ns)
        deadline_ns, search_began_ns = self._deadline_ns(), self.clock.now_ns()
        plan = self.planner.plan(objective, seed, warm_start=warm_start, deadline_ns=deadline_ns)
        chunk = ActionChunk(
            observation_stamp_ns=self._stamp_ns,
            start_ns=start_ns,
            dt_s=space.dt_s,
            actions=space.clip(space.denormalize(plan.actions)),
            plan_id=self._plan_id,
        )
        self.last_decision = Decision(
            plan_id=self._plan_id,
            seed=seed,
            stamp_ns=self._stamp_ns,
            start_ns=start_ns,
            observed=self.history.latents[-1],
            under_way=committed,
            history=start,
            warm_start=warm_start,
            planning=self.planning,
            plan=plan,
            encode_s=(search_began_ns - (self._decision_began_ns or search_began_ns)) * 1e-9,
        )
        self._last_chunk = chunk
        self._plan_id += 1
        self._decision_began_ns = None
        return chunk

    def act(self, observation: Observation, executed: ArrayLike | None = None) -> ActionChunk:
        """`observe` and `plan` in one: the actions to carry out from now on."""
        self.observe(observation, executed)
        return self.plan()

    def goal_distance(self) -> float:
        """How far the newest observation is from the goal.

        Towards images or a latent: root mean square difference of the visual latents. Towards a pose:
        distance of the named proprioception, in its unit. NaN before there is anything to compare.
        """
        if self._goal is None or self.history is None:
            return math.nan
        config, newest = self.model.config, self.history.latents[-1]
        if self._goal.pose is None:
            if self._goal_latent is None:
                self._goal_latent = self.model.encode_goal(self._goal)
            return float(np.sqrt(np.mean((newest[: config.model.n_visual] - self._goal_latent) ** 2)))
        stats = config.proprio
        sensed = dict(zip(stats.names, newest[config.model.n_visual :] * stats.std + stats.mean, strict=True))
        differences = [sensed[name] - value for name, value in self._goal.pose.items() if name in sensed]
        return float(np.linalg.norm(differences)) if differences else math.nan

    def model_trust(self) -> float:
        """1 − |ẑ − z|² / |z⁻ − z|² of the last step, z⁻ the latent before it; 1 is a perfect prediction.

        0 is no better than to predict that nothing changes. NaN before the second observation.
        """
        if self._before is None or self.history is None:
            return math.nan
        before, action = self._before
        predicted = before.imagined_after(action[None], self.backend).latents[-1]
        changed = float(np.sum((before.latents[-1] - self.history.latents[-1]) ** 2))
        return 1.0 - float(np.sum((predicted - self.history.latents[-1]) ** 2)) / max(changed, 1e-9)

    def _warm_start(self, start_ns: int) -> Belief | None:
        if self.last_plan is None or self._last_chunk is None:
            return None
        steps = round((start_ns - self._last_chunk.start_ns) * 1e-9 / self._last_chunk.dt_s)
        return self.planner.shift(self.last_plan.belief, max(steps, 0))

    def _deadline_ns(self) -> int | None:
        if self.planning.budget_s is None:
            return None
        began_ns = self._decision_began_ns
        return (self.clock.now_ns() if began_ns is None else began_ns) + round(self.planning.budget_s * 1e9)
