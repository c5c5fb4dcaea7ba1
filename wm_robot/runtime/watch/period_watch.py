"""Shows the periods of an arm that another process controls: `on_period` of an `ArmSession`, or of ROS."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from wm_robot.core.errors import WmrError
from wm_robot.core.types import Goal, Observation
from wm_robot.planners.planning import PlanningConfig, for_goal
from wm_robot.runtime.actor import Actor
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.arm_session import Period
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.guarded_actor import GuardedActor
from wm_robot.runtime.watch.requests import Aim, Request, Tune
from wm_robot.runtime.watch.snapshot import ArmView, Snapshot
from wm_robot.runtime.watch.watch import Watch

RESTING_S = 0.2
"""Between two snapshots of an arm at rest: it may be led by hand, and what is seen must tell its age."""


class PeriodWatch:
    """Called with each period, it shows it and carries out what is asked.

    Args:
        watch: where it is shown.
        agent: the planner that decides; called in the thread that this is called in.
        goal: that is pursued at first; `Goal()` for none.
        joint_names: of the arm, in the order of its status.
        tune: puts other settings into force, or raises WmrError; the agent's own when None.
        after: that was called before; this one goes on counting, in another episode.
        guard: of the agent, where one decides in its place.
        keeps_goal: why nobody may choose another goal here; "" where they may.

    Attributes:
        goal: pursued now.
        actor: who decides.
    """

    def __init__(
        self,
        watch: Watch,
        agent: LatentMPC,
        goal: Goal,
        joint_names: tuple[str, ...],
        *,
        tune: Callable[[PlanningConfig], None] | None = None,
        after: "PeriodWatch | None" = None,
        guard: GuardedActor | None = None,
        keeps_goal: str = "",
    ) -> None:
        self._watch, self._agent, self._own_goal = watch, agent, goal
        self._tune, self._guard = tune or agent.tune, guard
        self._keeps_goal = keeps_goal
        self.actor: Actor = guard or agent
        self.goal = goal
        self._joint_names = joint_names
        self._index, self._episode = (0, 0) if after is None else (after._index, after._episode + 1)
        self._last: Snapshot | None = None

    def __call__(self, period: Period) -> None:
        agent, status = self._agent, period.status
        self._last = Snapshot(
            index=self._index,
            episode=self._episode,
            written_s=time.time(),
            dt_s=agent.model.action_space.dt_s,
            observation=period.observation,
            executed=np.asarray(period.executed),
            goal=self.goal,
            decision=None if self._problem else agent.last_decision,
            arm=self._arm(status),
            plan_s=period.plan_s,
            age_s=period.age_s,
            goal_distance=agent.goal_distance(),
            model_trust=agent.model_trust(),
            planning=agent.planning,
        )
        self._index += 1
        self._watch.show(self._last)
        self.attend(status)

    def attend(self, status: ArmStatus, observation: Observation | None = None) -> None:
        """Tell how the arm is and carry out what is asked, in a time without periods too.

        Args:
            status: of the arm.
            observation: what is seen meanwhile; None shows what was seen last.
        """
        self._watch.tell_state(status.state, ", ".join(status.faults or self._reasons(status)))
        self._show_rest(status, observation)
        self._watch.carry_out(self._carry_out)

    def _show_rest(self, status: ArmStatus, seen: Observation | None) -> None:
        """The arm as it is now; kept in the run's log where its state has changed."""
        last, now_s = self._last, time.time()
        if last is None:
            if seen is None:
                return
            last, changed = self._first(status, seen), True
        else:
            changed = last.arm.state != status.state or last.goal.nothing != self.goal.nothing
        if not changed and 0.0 <= now_s - last.written_s < RESTING_S:
            return
        self._last = replace(
            last,
            written_s=now_s,
            observation=seen or last.observation,
            goal=self.goal,
            arm=self._arm(status),
            planning=self._agent.planning,
            decision=None,
        )
        self._watch.show(self._last, keep=changed)

    def _first(self, status: ArmStatus, seen: Observation) -> Snapshot:
        """Before any period."""
        space, self._index = self._agent.model.action_space, self._index + 1
        return Snapshot(
            index=self._index - 1,
            episode=self._episode,
            written_s=0.0,
            dt_s=space.dt_s,
            observation=seen,
            executed=np.zeros(space.nu),
            goal=self.goal,
            decision=None,
            arm=self._arm(status),
            plan_s=0.0,
            age_s=0.0,
            goal_distance=math.nan,
            model_trust=math.nan,
        )

    def leave(self, state: str) -> None:
        """Nothing more is known of the arm than `state`."""
        if self._last is not None:
            arm = replace(self._last.arm, state=state, faults=(), reasons=())
            self._last = replace(self._last, written_s=time.time(), arm=arm, decision=None)
            self._watch.show(self._last)

    def begin_episode(self, goal: Goal | None = None) -> None:
        """What follows has a history of its own, and pursues `goal` where one is given."""
        self._episode += 1
        if goal is not None:
            self.goal = self._own_goal = goal

    def _arm(self, status: ArmStatus) -> ArmView:
        return ArmView(
            joint_names=self._joint_names,
            q=status.q,
            p_WE=status.p_WE,
            state=status.state,
            faults=status.faults,
            reasons=self._reasons(status),
        )

    @property
    def _problem(self) -> str:
        return "" if self._guard is None else self._guard.told.problem

    def _reasons(self, status: ArmStatus) -> tuple[str, ...]:
        return (f"it holds: {self._problem}", *status.reasons) if self._problem else status.reasons

    def _carry_out(self, request: Request) -> None:
        if isinstance(request, Tune):
            self._tune(request.planning)
        elif isinstance(request, Aim) and self._keeps_goal:
            raise WmrError(self._keeps_goal)
        elif isinstance(request, Aim):
            goal = request.goal or self._own_goal
            planning = for_goal(self._agent.planning, goal)
            if planning is not self._agent.planning:
                self._agent.tune(planning)
            if not goal.nothing:
                self._agent.aim(goal)
            self.goal = goal
        else:
            raise WmrError("an arm in real time cannot be paused, restarted or pushed; STOP is at the top")
