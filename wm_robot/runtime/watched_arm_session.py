"""An arm that pursues goals until somebody ends it, and rests while it has none or is latched."""

from collections.abc import Callable

from wm_robot.core.types import Observation
from wm_robot.runtime.arm_session import ArmSession, SessionResult
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.planner_link import PlannerLink
from wm_robot.runtime.watch.period_watch import PeriodWatch

ENDLESS = 2**62


def pursue_watched(
    session: ArmSession,
    link: PlannerLink,
    watch: PeriodWatch,
    *,
    seed: int,
    stop: Callable[[], bool],
) -> SessionResult:
    """Pursue the watch's goal by its actor until `stop` holds, and rest while there is none.

    After a latch it goes on once the arm is released.

    Raises:
        DriverError: see `ArmSession.run`.
    """
    total = SessionResult()

    def over() -> bool:
        return stop() or watch.goal.nothing

    def ready(observation: Observation) -> bool:
        status = link.status()
        watch.attend(status, observation)
        return stop() or not (watch.goal.nothing or status.state == Mode.LATCHED)

    while not stop():
        if not watch.goal.nothing:
            result = session.run(
                watch.actor, watch.goal, steps=ENDLESS, seed=seed, on_period=watch, stop=over
            )
            total.periods += result.periods
            total.plan_s += result.plan_s
            total.overruns += result.overruns
            total.ended = result.ended
        session.rest(ready)
        watch.begin_episode()
    return total
