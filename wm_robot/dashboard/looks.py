"""Second looks at the newest decisions, shared by the panels: each is made once."""

from collections import OrderedDict
from threading import Lock

from wm_robot.dashboard.panel import Mind
from wm_robot.insight.second_look import SecondLook, look_again
from wm_robot.runtime.watch.snapshot import Snapshot

KEPT = 8

_looks: OrderedDict[tuple[int, int, int, int], SecondLook] = OrderedDict()
_lock = Lock()


def second_look(mind: Mind, snapshot: Snapshot) -> SecondLook | None:
    """The decision of `snapshot` made again; None where it has none. It takes as long as a plan.

    For the worker.

    Raises:
        MismatchError, ShapeError: the model is not the planner's.
    """
    decision = snapshot.decision
    if decision is None:
        return None
    key = (id(mind), snapshot.episode, snapshot.index, decision.seed)
    with _lock:
        if key in _looks:
            return _looks[key]
    with mind.lock:
        look = look_again(decision, mind.model, mind.backend, snapshot.goal)
    with _lock:
        _looks[key] = look
        while len(_looks) > KEPT:
            _looks.popitem(last=False)
    return look
