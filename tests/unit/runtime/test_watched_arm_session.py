"""An arm that is watched goes on through what ends a session."""

from types import SimpleNamespace

from wm_robot.core.types import Goal
from wm_robot.runtime.arm_session import SessionResult
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.watched_arm_session import pursue_watched

GOAL = Goal(pose={"ee_x": 0.5})
SEEN = object()


class Session:
    """Runs for a period and then latches; the arm is released at the second look."""

    def __init__(self):
        self.actors, self.looks = [], 0

    def run(self, actor, goal, *, on_period, **_):
        self.actors.append(actor)
        return SessionResult(periods=1, plan_s=[0.1], ended="latched")

    def rest(self, until):
        while not until(SEEN):
            self.looks += 1


def test_the_watchs_own_actor_decides_and_a_release_begins_anew():
    session, states = Session(), iter([Mode.LATCHED, Mode.STOPPED] * 3)
    link = SimpleNamespace(status=lambda: SimpleNamespace(state=next(states)))
    guard, episodes = object(), []
    watch = SimpleNamespace(
        actor=guard, goal=GOAL, attend=lambda status, seen: None, begin_episode=lambda: episodes.append(1)
    )
    result = pursue_watched(session, link, watch, seed=0, stop=lambda: len(episodes) == 2)
    assert session.actors == [guard, guard]
    assert session.looks == 2
    assert (result.periods, result.ended) == (2, "latched")


def test_without_a_goal_the_arm_rests_until_there_is_one_and_when_it_is_taken_back():
    session, told, over = Session(), [], []
    link = SimpleNamespace(status=lambda: SimpleNamespace(state=Mode.STOPPED))

    def attend(status, seen):
        told.append(seen)
        if len(told) == 3:
            assert session.actors == []  # nothing was planned until now
            watch.goal = GOAL

    watch = SimpleNamespace(actor=object(), goal=Goal(), attend=attend, begin_episode=lambda: None)
    run = session.run
    session.run = lambda *args, stop, **more: over.append(stop) or run(*args, **more)
    pursue_watched(session, link, watch, seed=0, stop=lambda: len(session.actors) == 1)
    assert told[:3] == [SEEN] * 3
    assert len(session.actors) == 1
    session.actors.clear()
    assert not over[0]()
    watch.goal = Goal()
    assert over[0]()
