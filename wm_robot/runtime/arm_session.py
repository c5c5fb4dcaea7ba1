"""Plans for an arm that a control process drives: observe, decide, send a chunk, in wall-clock time."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from wm_controllers.kinematics import Arm

from wm_robot.core.arrays import FloatArray
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.protocols import FrameSource
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.core.types import Frame, Goal, Observation
from wm_robot.data.frames import fitted
from wm_robot.runtime.actor import Actor
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.latency import LatencyEstimate
from wm_robot.runtime.planner_link import PlannerLink
from wm_robot.runtime.schedule import Schedule

LOOK_S = 0.05
"""Between two looks at the cameras while waiting."""

NEWS_NS = 5_000_000
"""Between two looks for a frame that is newer than the last one."""

UNSEEN_S = 5.0
"""Without anything new to see, after which a session is given up; a moving arm is stopped long before."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """What a control period saw and did.

    Args:
        index: of the period.
        observation: at its beginning.
        executed: displacement of the commanded path in it (nu,), in units of the action space.
        status: of the arm at its end.
        plan_s: time of the decision made in it.
        age_s: of the observation when the decision was sent.
        spread_s: between the oldest and the newest part of the observation.
    """

    index: int
    observation: Observation
    executed: FloatArray
    status: ArmStatus
    plan_s: float
    age_s: float
    spread_s: float


@dataclass(kw_only=True)
class SessionResult:
    """How a session ended.

    Args:
        periods: that were carried out.
        plan_s: time of each decision.
        overruns: decisions that took longer than was expected of them.
        ended: "done", "stopped" or the fault that latched the arm.
    """

    periods: int = 0
    plan_s: list[float] = field(default_factory=list)
    overruns: int = 0
    ended: str = "done"


class ArmSession:
    """A closed loop over the line to whoever controls the arm.

    A chunk is meant for the period at which it is expected to be ready; the actions due until then are
    told to the actor. What is late is sorted out by the control process.

    Args:
        link: to the arm.
        cameras: one for each that the model reads, connected.
        arm: kinematics, to tell the end effector's position.
        action_space: of the actor.
        observation_space: of the actor; its proprioception is of "ee_x", "ee_y" and "ee_z".
        clock: steady.
    """

    def __init__(
        self,
        link: PlannerLink,
        cameras: Sequence[FrameSource],
        arm: Arm,
        action_space: ActionSpace,
        observation_space: ObservationSpace,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._link, self._cameras, self._arm = link, cameras, arm
        self._space, self._senses = action_space, observation_space
        self._clock = clock or SteadyClock()
        self._axes = ["xyz".index(name[-1]) for name in action_space.names]
        self._proprio = ["xyz".index(name[-1]) for name in observation_space.proprio_names]
        self._frames: dict[str, Frame] = {}

    def run(
        self,
        actor: Actor,
        goal: Goal,
        *,
        steps: int,
        seed: int = 0,
        on_period: Callable[[Period], None] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> SessionResult:
        """Pursue `goal` for `steps` periods, or until `stop` holds or the arm latches; the arm then rests.

        Raises:
            DriverError: the control process died, a camera has gone, or nothing new is seen; the arm is
                told to stop.
        """
        try:
            result = self._pursue(actor, goal, steps=steps, seed=seed, on_period=on_period, stop=stop)
        except BaseException:
            with suppress(WmrError):  # the first error says more
                self._link.ask("stop")
            raise
        self._link.ask("stop")
        status = self._link.wait_for_rest()
        if status.state == Mode.LATCHED:
            result.ended = ", ".join(status.faults)
        return result

    def rest(self, until: Callable[[Observation], bool]) -> None:
        """Look at the cameras and give signs of life, without any plan, until `until` holds of what is seen.

        Raises:
            DriverError: a camera or the control process has gone.
        """
        self._look()
        while not until(self._observe()[0]):
            self._wait_until(self._clock.now_ns() + round(LOOK_S * 1e9))

    def _pursue(
        self,
        actor: Actor,
        goal: Goal,
        *,
        steps: int,
        seed: int,
        on_period: Callable[[Period], None] | None,
        stop: Callable[[], bool],
    ) -> SessionResult:
        actor.reset(goal, seed)
        schedule, latency = Schedule(self._space), LatencyEstimate(self._space.dt_s)
        result = SessionResult()
        dt_ns = round(self._space.dt_s * 1e9)
        self._look()
        began_ns, executed, path = self._clock.now_ns(), None, self._link.status().p_WE
        k, last, seen_ns, new_ns = 0, steps, -1, began_ns
        while k < last:
            status = self._link.status()
            if status.state == Mode.LATCHED or stop():
                result.ended = ", ".join(status.faults) or "stopped"
                break
            observation, spread_s = self._observe()
            if observation.stamp_ns <= seen_ns:  # nothing new to plan from; watchdogs count the time
                if (unseen_s := (self._clock.now_ns() - new_ns) * 1e-9) > UNSEEN_S:
                    raise DriverError(f"cameras and joints show nothing new since {unseen_s:.1f} s")
                self._wait_until(self._clock.now_ns() + NEWS_NS)
                continue
            seen_ns = observation.stamp_ns
            ahead = latency.periods
            new_ns = plan_began_ns = self._clock.now_ns()
            self._link.report(self._frames, plan_began_ns)
            actor.observe(observation, executed)
            chunk = actor.plan(schedule.between(k, k + ahead))
            sent_ns = self._clock.now_ns()
            plan_s = (sent_ns - plan_began_ns) * 1e-9
            latency.add(plan_s)
            schedule.add(k + ahead, chunk.actions)
            self._link.send(chunk)
            self._wait_until(began_ns + (k + 1) * dt_ns)
            status = self._link.status()
            executed, path = (status.p_WE - path)[self._axes], status.p_WE
            result.plan_s.append(plan_s)
            result.overruns += plan_s > ahead * self._space.dt_s
            result.periods = k + 1
            if on_period is not None:
                on_period(
                    Period(
                        index=k,
                        observation=observation,
                        executed=executed,
                        status=status,
                        plan_s=plan_s,
                        age_s=(sent_ns - observation.stamp_ns) * 1e-9,
                        spread_s=spread_s,
                    )
                )
            k, last = k + 1, steps + ahead  # the first action acts `ahead` periods after the start
        return result

    def _look(self) -> None:
        self._frames = {camera.name: camera.read() for camera in self._cameras}
        self._link.status()  # so that the joints at the time of these pictures are known
        self._link.report(self._frames)

    def _observe(self) -> tuple[Observation, float]:
        """Pictures with the joints at their time, and the time between the oldest and the newest of them."""
        taken_ns = [frame.stamp_ns for frame in self._frames.values()]
        status = self._link.status_at(min(taken_ns))
        p_WE = self._arm.place(status.q).translation
        height, width = self._senses.image_size
        stamps_ns = [status.state_ns, *taken_ns]
        observation = Observation(
            stamp_ns=min(stamps_ns),
            images={name: fitted(frame.image, height, width) for name, frame in self._frames.items()},
            proprio=np.array(p_WE)[self._proprio],
        )
        return observation, (max(stamps_ns) - min(stamps_ns)) * 1e-9

    def _wait_until(self, then_ns: int) -> None:
        look_ns = round(LOOK_S * 1e9)
        while (now_ns := self._clock.now_ns()) < then_ns:
            self._clock.sleep_until_ns(min(then_ns, now_ns + look_ns))
            self._look()
