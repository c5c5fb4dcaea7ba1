"""Orders that a planner's process passes on."""

import threading

import pytest

from wm_robot.core.errors import WmrError
from wm_robot.runtime.watch import order_relay
from wm_robot.runtime.watch.order_relay import ESTOP, RESET, OrderRelay


@pytest.fixture
def relay(tmp_path):
    return OrderRelay(tmp_path)


@pytest.fixture
def serving(relay):
    over, threads = threading.Event(), []

    def start(pass_on):
        threads.append(threading.Thread(target=relay.serve, args=(pass_on, over)))
        threads[-1].start()

    yield start
    over.set()
    for thread in threads:
        thread.join()


def test_an_order_is_passed_on_and_its_answer_comes_back(relay, serving):
    passed_on = []
    serving(lambda order: passed_on.append(order) or f"{order} done")
    assert relay.ask(ESTOP) == "estop done"
    assert relay.ask(RESET) == "reset done"
    assert passed_on == [ESTOP, RESET]


def test_each_order_is_answered_anew(relay, serving):
    answers = iter(["first", "second"])
    serving(lambda _: next(answers))
    assert [relay.ask(ESTOP), relay.ask(ESTOP)] == ["first", "second"]


@pytest.mark.parametrize(("error", "words"), [(WmrError("refused"), "refused"), (KeyError("x"), "KeyError")])
def test_what_goes_wrong_is_the_answer(relay, serving, error, words):
    def fail(_):
        raise error

    serving(fail)
    with pytest.raises(WmrError, match=words):
        relay.ask(ESTOP)


def test_a_release_that_nobody_takes_is_withdrawn_and_a_stop_is_not(relay, tmp_path, monkeypatch):
    monkeypatch.setattr(order_relay, "ANSWER_S", 0.0)
    for order in (RESET, ESTOP):
        with pytest.raises(WmrError, match="the arm's own emergency stop"):
            relay.ask(order)
    assert [path.name for path in tmp_path.iterdir()] == [ESTOP]


def test_a_stop_takes_a_release_away_that_still_waits(relay, tmp_path, monkeypatch):
    monkeypatch.setattr(order_relay, "ANSWER_S", 0.0)
    (tmp_path / RESET).touch()
    with pytest.raises(WmrError):
        relay.ask(ESTOP)
    assert not (tmp_path / RESET).exists()


def test_an_order_that_cannot_be_written_is_said(relay, monkeypatch):
    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(order_relay, "write_atomic", no_space)
    with pytest.raises(WmrError, match=r"cannot be handed to the planner.*No space"):
        relay.ask(ESTOP)
