"""The door of a control loop, and those who knock."""

import socket
import threading
from contextlib import contextmanager

import pytest

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control import requests
from wm_robot.runtime.control.requests import Door, ask
from wm_robot.runtime.control.station import Station


@pytest.fixture
def station(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    made = Station("arm")
    made.make()
    return made


@pytest.fixture
def door(station):
    made = Door(station)
    yield made
    made.close()


@contextmanager
def served(door):
    """A loop that tells each request back, and says nothing of it in the next cycle."""
    over, taken = threading.Event(), []

    def loop():
        while not over.wait(0.002):
            new = door.take()
            taken.extend(new)
            door.tell({"state": "stopped", "events": [f"did {request}" for request in new]})

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield taken
    finally:
        over.set()
        thread.join()


def knock(station):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(str(station.door))
    return client


def test_where_no_loop_runs_nobody_answers(station):
    assert ask(station, "status") is None


def test_an_answer_tells_what_became_of_the_request(station, door):
    with served(door) as taken:
        assert ask(station, "reset")["events"] == ["did reset"]
        assert ask(station, "status")["state"] == "stopped"
    assert taken == ["reset"]  # to look is no request


def test_what_is_no_request_is_told_and_does_nothing(station, door):
    with served(door) as taken:
        for bad in ("move", "", "e" * 10_000):
            with pytest.raises(WmrError, match="is not one of estop, stop, reset, status"):
                ask(station, bad)
        with knock(station) as client:
            client.sendall(b"\xff\xfe\n")
            assert b"is not one of" in client.recv(1000)
    assert taken == []


def test_clients_that_say_nothing_keep_nobody_waiting(station, door):
    silent = [knock(station) for _ in range(30)]
    with served(door) as taken:
        assert ask(station, "estop")["events"] == ["did estop"]
    assert taken == ["estop"]
    for client in silent:
        client.close()


def test_many_clients_at_once_are_all_heard(station, door):
    answers = []
    with served(door) as taken:
        clients = [threading.Thread(target=lambda: answers.append(ask(station, "estop"))) for _ in range(20)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert len(answers) == len(taken) == 20
    assert all("did estop" in answer["events"] for answer in answers)


def test_a_loop_that_hangs_is_told_not_taken_for_an_answer(station, door, monkeypatch):
    monkeypatch.setattr(requests, "ANSWER_S", 0.05)
    with pytest.raises(WmrError, match="hangs"):
        ask(station, "estop")


def test_a_door_that_a_killed_process_left_behind_is_replaced(station):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_behind:
        left_behind.bind(str(station.door))
    assert ask(station, "estop") is None
    door = Door(station)
    with served(door):
        assert ask(station, "status") is not None
    door.close()
    assert not station.door.exists()
    assert ask(station, "status") is None
