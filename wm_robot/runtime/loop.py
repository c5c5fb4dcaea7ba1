"""The closed loop in simulated time: a step takes a control period, a plan a given number of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from wm_robot.core.arrays import FloatArray
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.errors import WmrError
from wm_robot.core.protocols import Environment
from wm_robot.core.types import ActionChunk, Observation, Score
from wm_robot.runtime.actor import Actor
from wm_robot.runtime.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class Step:
    """One control period of a run, for recorders and reports.

    Args:
        index: counts from 0.
        observation: at the start of the period.
        action: as decided (nu,).
        executed: as carried out (nu,).
        score: at the end of the period.
        chunk: what was planned from `observation`, None where nothing was.
    """

    index: int
    observation: Observation
    action: FloatArray
    executed: FloatArray
    score: Score
    chunk: ActionChunk | None


StepHook = Callable[[Step], None]
Stop = Callable[[], bool]


def never() -> bool:
    """The stop condition of a run that nobody interrupts."""
    return False


@dataclass(kw_only=True)
class Run:
    """What happened in a run.

    Args:
        scores: at the end of each period.
        plan_s: wall-clock time of each decision, encoding included.
        overruns: decisions that came after the period they were meant for had begun.
        stopped: whether the run was stopped before its last step.
        observation: the newest one.
    """

    scores: list[Score] = field(default_factory=list)
    plan_s: list[float] = field(default_factory=list)
    overruns: int = 0
    stopped: bool = False
    observation: Observation


def run_simulated(
    environment: Environment,
    actor: Actor,
    start: Observation,
    *,
    steps: int | None = None,
    latency_steps: int = 0,
    compensate: bool = True,
    on_step: StepHook | None = None,
    stop: Stop = never,
    clock: Clock | None = None,
) -> Run:
    """Run `actor` in `environment` as if planning took `latency_steps` control periods.

    What was decided from the observation of period k is carried out from period k + latency on. Until
    the first decision takes effect the robot holds.

    Args:
        environment: reset, `start` its present observation.
        actor: reset with the goal.
        start: first observation.
        steps: control periods; the environment's episode length when None.
        latency_steps: n ≥ 0.
        compensate: tell the actor which actions are under way; False shows what that is worth.
        on_step: called after each period.
        stop: asked before each period; True ends the run.
        clock: measures the decisions, and nothing else.

    Raises:
        WmrError: a negative latency; whatever the actor refuses in an observation.
    """
    if latency_steps < 0:
        raise WmrError(f"latency_steps is {latency_steps}; it must not be negative")
    clock = clock or SteadyClock()
    schedule = Schedule(environment.action_space)
    run = Run(observation=start)
    executed: FloatArray | None = None
    for k in range(environment.max_steps if steps is None else steps):
        if stop():
            run.stopped = True
            break
        began_ns = clock.now_ns()
        actor.observe(run.observation, executed)
        under_way = schedule.between(k, k + latency_steps)
        chunk = actor.plan(under_way if compensate else None)
        run.plan_s.append((clock.now_ns() - began_ns) * 1e-9)
        schedule.add(k + latency_steps, chunk.actions)

        observation, action = run.observation, schedule.due(k)
        result = environment.step(action)
        run.observation, executed = result.observation, result.executed
        run.scores.append(environment.score())
        if on_step is not None:
            on_step(
                Step(
                    index=k,
                    observation=observation,
                    action=action,
                    executed=executed,
                    score=run.scores[-1],
                    chunk=chunk,
                )
            )
    return run
