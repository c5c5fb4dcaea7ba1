import os
import threading

from wm_robot.runtime.control.scheduling import CONTROL, be_ordinary, prefer_process


def test_every_thread_of_the_process_is_preferred(monkeypatch):
    asked, end = [], threading.Event()
    monkeypatch.setattr(os, "sched_setscheduler", lambda thread, *_: asked.append(thread))
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        assert prefer_process(CONTROL)
    finally:
        end.set()
        other.join()
    assert {threading.get_native_id(), other.native_id} <= set(asked)


def test_where_it_is_not_allowed_all_stays_as_it_was(monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert not prefer_process(CONTROL)


def test_a_process_gives_up_what_it_inherited(monkeypatch):
    asked = []
    monkeypatch.setattr(os, "sched_setscheduler", lambda *arguments: asked.append(arguments))
    be_ordinary()
    assert [one[:2] for one in asked] == [(0, os.SCHED_OTHER)]
