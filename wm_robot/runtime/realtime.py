"""The closed loop in wall-clock time: a plan is made while the actions before it are carried out."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from wm_robot.core.arrays import FloatArray
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.protocols import Environment
from wm_robot.core.types import ActionChunk, Observation
from wm_robot.runtime.actor import Actor
from wm_robot.runtime.latency import LatencyEstimate
from wm_robot.runtime.loop import Run, Step, StepHook, Stop, never
from wm_robot.runtime.schedule import Schedule

Sensed = tuple[Observation, FloatArray | None]
"""An observation and the action executed before it."""


@dataclass(frozen=True, kw_only=True)
class _Pending:
    """A decision in the making, meant for `period`."""

    period: int
    future: Future[tuple[ActionChunk, float]]


def run_realtime(
    environment: Environment,
    actor: Actor,
    start: Observation,
    *,
    steps: int | None = None,
    on_step: StepHook | None = None,
    stop: Stop = never,
    clock: Clock | None = None,
) -> Run:
    """Run `actor` in `environment` at the action space's rate.

    The first decision is waited for while the robot stands. From then on the actor plans in a thread
    of its own, for the period at which the plan is expected to be ready, from the newest observation
    and the actions due until then. A plan that comes later than that is an overrun: its earlier
    actions are lost, and until it comes the older plan goes on, then the robot holds.

    However the run ends early, by `stop` or by an error of the actor, the last command is to hold.

    Args:
        environment: reset, `start` its present observation; stepped in the calling thread.
        actor: reset with the goal; called in another thread, one call at a time.
        start: first observation.
        steps: control periods; the environment's episode length when None.
        on_step: called after each period, within it.
        stop: asked before each period; True ends the run.
        clock: paces the periods and measures the decisions.
    """
    clock = clock or SteadyClock()
    space = environment.action_space
    dt_ns = round(space.dt_s * 1e9)
    schedule, latency = Schedule(space), LatencyEstimate(space.dt_s)
    run = Run(observation=start)
    unseen: list[Sensed] = [(start, None)]
    steps = environment.max_steps if steps is None else steps

    def decide(sensed: list[Sensed], under_way: FloatArray) -> tuple[ActionChunk, float]:
        began_ns = clock.now_ns()
        for observation, executed in sensed:
            actor.observe(observation, executed)
        chunk = actor.plan(under_way)
        return chunk, (clock.now_ns() - began_ns) * 1e-9

    def accept(pending: _Pending, period: int) -> ActionChunk:
        chunk, duration_s = pending.future.result()
        schedule.add(pending.period, chunk.actions)
        latency.add(duration_s)
        run.plan_s.append(duration_s)
        run.overruns += pending.period < period
        return chunk

    with ThreadPoolExecutor(1, thread_name_prefix="planner") as planner:
        try:
            first = planner.submit(decide, unseen, schedule.between(0, 0))
            chunk: ActionChunk | None = accept(_Pending(period=0, future=first), 0)
            unseen, pending, began_ns = [], None, clock.now_ns()
            for k in range(steps):
                if stop():
                    run.stopped = True
                    break
                if pending is not None and pending.future.done():
                    chunk, pending = accept(pending, k), None
                if pending is None and unseen:
                    ready = k + latency.periods
                    under_way = schedule.between(k, ready)
                    pending = _Pending(period=ready, future=planner.submit(decide, unseen, under_way))
                    unseen = []

                observation, action = run.observation, schedule.due(k)
                result = environment.step(action)
                clock.sleep_until_ns(began_ns + (k + 1) * dt_ns)
                run.observation = result.observation
                unseen.append((result.observation, result.executed))
                run.scores.append(environment.score())
                if on_step is not None:
                    on_step(
                        Step(
                            index=k,
                            observation=observation,
                            action=action,
                            executed=result.executed,
                            score=run.scores[-1],
                            chunk=chunk,
                        )
                    )
                chunk = None
        finally:
            if len(run.scores) < steps:
                environment.step(space.hold)
    return run
