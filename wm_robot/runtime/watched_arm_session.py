"""An arm that pursues goals until somebody ends it, and waits while it is latched."""

from collections.abc import Callable

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
    """Pursue the watch's goal by its actor until `stop` holds; after a latch go on once the arm is released.

    Raises:
        DriverError: see `ArmSession.run`.
    """
    total = SessionResult()

    def released() -> bool:
        status = link.status()
        watch.attend(status)
        return stop() or status.state != Mode.LATCHED

    while not stop():
        result = session.run(watch.actor, watch.goal, steps=ENDLESS, seed=seed, on_period=watch, stop=stop)
        total.periods += result.periods
        total.plan_s += result.plan_s
        total.overruns += result.overruns
        total.ended = result.ended
        session.rest(released)
        watch.begin_episode()
    return total
