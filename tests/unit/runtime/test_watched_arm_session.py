"""An arm that is watched goes on through what ends a session."""

from types import SimpleNamespace

from wm_robot.runtime.arm_session import SessionResult
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.watched_arm_session import pursue_watched


class Session:
    """Runs for a period and then latches; the arm is released at the second look."""

    def __init__(self):
        self.actors, self.looks = [], 0

    def run(self, actor, goal, *, on_period, **_):
        self.actors.append(actor)
        return SessionResult(periods=1, plan_s=[0.1], ended="latched")

    def rest(self, until):
        while not until():
            self.looks += 1


def test_the_watchs_own_actor_decides_and_a_release_begins_anew():
    session, states = Session(), iter([Mode.LATCHED, Mode.STOPPED] * 3)
    link = SimpleNamespace(status=lambda: SimpleNamespace(state=next(states)))
    guard, episodes = object(), []
    watch = SimpleNamespace(
        actor=guard, goal=None, attend=lambda status: None, begin_episode=lambda: episodes.append(1)
    )
    result = pursue_watched(session, link, watch, seed=0, stop=lambda: len(episodes) == 2)
    assert session.actors == [guard, guard]
    assert session.looks == 2
    assert (result.periods, result.ended) == (2, "latched")
