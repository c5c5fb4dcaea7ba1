"""Where the two parts of a page listen."""

import socket

import pytest

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.ports import LARGEST, family_of, free_port


def test_a_port_that_is_taken_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) > port


def test_past_the_last_port_there_is_none():
    with pytest.raises(WmrError, match=f"port {LARGEST + 1} or a later one: ports end at {LARGEST}"):
        free_port("127.0.0.1", LARGEST + 1)


def test_a_host_that_is_not_here_is_told_at_once(monkeypatch):
    tried = []
    monkeypatch.setattr(socket.socket, "bind", lambda _, where: tried.append(where) or socket.inet_aton("no"))
    with pytest.raises(WmrError, match=r"10\.0\.0\.1"):
        free_port("10.0.0.1", 8080)
    assert tried == [("10.0.0.1", 8080)]


def test_an_address_says_its_family():
    assert (family_of("127.0.0.1"), family_of("::1")) == (socket.AF_INET, socket.AF_INET6)
    assert family_of("no such host.invalid") == socket.AF_INET
