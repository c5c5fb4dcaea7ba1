"""The simulated closed loop for people who watch it: paced, and open to what they ask."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from wm_sim.arm_env import ArmEnvironment
from wm_sim.scene_view import contact_points, free_objects, object_poses

from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.core.seeding import derive_seed
from wm_robot.core.types import Goal
from wm_robot.planners.planning import for_goal
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.guarded_actor import GuardedActor
from wm_robot.runtime.loop import Step, run_simulated
from wm_robot.runtime.watch.requests import (
    Aim,
    Pause,
    Push,
    Request,
    Restart,
    Resume,
    SetSpeed,
    StepOnce,
    Tune,
)
from wm_robot.runtime.watch.snapshot import ArmView, SimulationView, Snapshot
from wm_robot.runtime.watch.stop_file import StopFile
from wm_robot.runtime.watch.watch import Watch

LOOK_NS = 20_000_000
"""Between two looks for requests while waiting."""

SIGN_NS = 100_000_000
"""Between two signs of life."""

FASTEST = 20.0
HURRIED_M_S = 2.0
"""An object that is pushed faster leaves the table within a period."""

ENDLESS = 2**62


class SimulatedSession:
    """Episodes one after the other in simulated time, which follows the wall clock, `speed` times as fast.

    Between two control periods it carries out what is asked. The latch of `stop` is looked for in each
    period: while it is there, the arm holds and time goes on.

    Args:
        environment: the arm and its task.
        agent: the planner, for the same arm.
        watch: shows each period.
        stop: the latch.
        seed: of episodes and planner.
        clock: paces the periods.
    """

    def __init__(
        self,
        environment: ArmEnvironment,
        agent: LatentMPC,
        watch: Watch,
        stop: StopFile,
        *,
        seed: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self._environment, self._agent, self._watch, self._stop = environment, agent, watch, stop
        self._clock = clock or SteadyClock()
        self._actor = GuardedActor(agent, self._clock, latched=lambda: stop.latched)
        self._seed, self._index, self._episode = seed, 0, 0
        self._speed, self._paused, self._once = 1.0, False, False
        self._restart: Restart | None = None
        self._due_ns = self._signed_ns = 0
        self._moved = 0
        self._aimed = False
        self._last: Snapshot | None = None

    def run(self, quit_asked: Callable[[], bool]) -> None:
        """Episode after episode until `quit_asked` holds."""
        while not quit_asked():
            asked, self._restart = self._restart, None
            seed = derive_seed(self._seed, "eval", self._episode)
            self._run_episode(seed if asked is None or asked.seed is None else asked.seed, quit_asked)
            self._episode += 1

    def _run_episode(self, seed: int, quit_asked: Callable[[], bool]) -> None:
        start = self._environment.reset(seed)
        self._own_goal = self._goal = self._environment.goal()
        self._episode_seed, self._began_ns = seed, start.stamp_ns
        self._aimed, self._moved = False, 0
        self._actor.reset(self._goal, seed)
        self._due_ns = self._clock.now_ns()
        run_simulated(
            self._environment,
            self._actor,
            start,
            steps=ENDLESS,
            on_step=self._show,
            stop=lambda: self._ended(quit_asked),
            clock=self._clock,
        )

    def _ended(self, quit_asked: Callable[[], bool]) -> bool:
        """Wait for the next period, and whether there is none in this episode."""
        while True:
            self._watch.carry_out(self._carry_out)
            now_ns = self._clock.now_ns()
            if now_ns - self._signed_ns >= SIGN_NS:
                self._signed_ns = now_ns
                self._watch.tell_state(*self._state())
            over = not self._aimed and self._moved >= self._environment.max_steps and not self._stop.latched
            if quit_asked() or self._restart is not None or (over and not self._paused):
                return True
            if self._once or (not self._paused and now_ns >= self._due_ns):
                break
            self._clock.sleep_until_ns(min(max(self._due_ns, now_ns + 1), now_ns + LOOK_NS))
            if self._paused:
                self._clock.sleep_until_ns(now_ns + LOOK_NS)
        self._once = False
        period_ns = round(self._environment.action_space.dt_s * 1e9 / self._speed)
        self._due_ns = max(self._due_ns + period_ns, now_ns)
        return False

    def _state(self) -> tuple[str, str]:
        told = self._actor.told
        if self._stop.latched:
            return Mode.LATCHED, "stopped from the page"
        if self._paused:
            return "paused", "simulated time stands still"
        return (Mode.STOPPED, told.problem) if told.problem else (Mode.RUNNING, "")

    def _show(self, step: Step) -> None:
        told, agent = self._actor.told, self._agent
        robot = self._environment.robot.read()
        state, _ = self._state()
        self._moved += told.decision is not None
        self._last = Snapshot(
            index=self._index,
            episode=self._episode,
            written_s=time.time(),
            dt_s=self._environment.action_space.dt_s,
            observation=step.observation,
            executed=step.executed,
            goal=self._goal,
            decision=told.decision,
            arm=ArmView(
                joint_names=robot.joint_names,
                q=robot.q,
                p_WE=robot.p_WE,
                state=state if state != "paused" else Mode.RUNNING,
                faults=("stop",) if self._stop.latched else (),
                reasons=(told.problem,) if told.problem else (),
            ),
            plan_s=told.plan_s,
            age_s=told.plan_s,
            goal_distance=agent.goal_distance(),
            model_trust=agent.model_trust(),
            simulation=self._simulation(None if self._aimed else step),
            planning=agent.planning,
        )
        self._index += 1
        self._watch.show(self._last)

    def _simulation(self, step: Step | None) -> SimulationView:
        robot = self._environment.robot
        return SimulationView(
            time_s=robot.data.time - self._began_ns * 1e-9,
            speed=self._speed,
            paused=self._paused,
            seed=self._episode_seed,
            contacts=contact_points(robot.data),
            objects=object_poses(robot.model, robot.data),
            score=None if step is None else step.score,
        )

    def _carry_out(self, request: Request) -> None:
        """Raises WmrError for what cannot be done; all is as before then."""
        if isinstance(request, Tune):
            self._agent.tune(request.planning)
        elif isinstance(request, Aim):
            self._aim(request.goal)
        elif isinstance(request, Push):
            self._push(request)
        elif isinstance(request, Restart):
            self._restart = request
        else:
            self._set_pace(request)
        if self._last is not None and self._last.simulation is not None:
            pace = replace(self._last.simulation, paused=self._paused, speed=self._speed)
            self._last = replace(self._last, simulation=pace, goal=self._goal, planning=self._agent.planning)
            self._watch.show(self._last)

    def _aim(self, goal: Goal | None) -> None:
        wanted = goal or self._own_goal
        planning = for_goal(self._agent.planning, wanted)
        if planning is not self._agent.planning:
            self._agent.tune(planning)
        self._agent.aim(wanted)
        self._goal, self._aimed, self._moved = wanted, goal is not None, 0

    def _push(self, push: Push) -> None:
        robot = self._environment.robot
        names = free_objects(robot.model)
        if push.name not in names:
            raise UnknownNameError("object", push.name, names)
        speed = float(np.linalg.norm(push.velocity))
        if not speed <= HURRIED_M_S:
            raise WmrError(f"a push of {speed:.2f} m/s; valid: up to {HURRIED_M_S} m/s")
        robot.data.joint(push.name).qvel[:3] = push.velocity

    def _set_pace(self, request: Request) -> None:
        if isinstance(request, SetSpeed):
            if not 0.0 < request.speed <= FASTEST:
                raise WmrError(f"a speed of {request.speed}; valid: more than 0, up to {FASTEST}")
            self._speed = request.speed
        elif isinstance(request, Pause):
            self._paused = True
        elif isinstance(request, Resume):
            self._paused, self._due_ns = False, self._clock.now_ns()
        elif isinstance(request, StepOnce):
            self._paused = self._once = True
