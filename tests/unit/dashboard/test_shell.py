"""The outer page's server: who may stop, who may release, and what it takes to keep STOP from working."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import write_json
from wm_robot.dashboard import stops
from wm_robot.dashboard.shell import VIEW, Shell, stops_of
from wm_robot.dashboard.stops import Recorded, SimulatedArm, StationArm
from wm_robot.dashboard.subject import Address, Subject
from wm_robot.insight.audit import AUDIT, AuditLog
from wm_robot.runtime.control import orders
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.watch import order_relay
from wm_robot.runtime.watch.order_relay import OrderRelay
from wm_robot.runtime.watch.stop_file import StopFile
from wm_robot.runtime.watch.watch import Watch

TOKEN = "kRx-4tV9_"


def subject(tmp_path, **changes):
    known = {"title": "a test", "checkpoint": tmp_path, "robot": "panda", "presets": tmp_path}
    return Subject(**(known | {"watch": tmp_path} | changes))


def address(**changes):
    return Address(**({"host": "127.0.0.1", "port": 0, "token": TOKEN} | changes))


class Server:
    """A shell that serves from a thread."""

    def __init__(self, subject, address, board):
        self.shell = Shell(subject, address, board)
        self.port = self.shell.server_address[1]
        threading.Thread(target=self.shell.serve_forever, daemon=True).start()

    def ask(self, method, path, content=None, *, headers=(), context=None):
        if context is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        else:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)
        body = None if content is None else json.dumps(content)
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text.startswith(b"{") else text.decode()


def until(server, state):
    """Ask until the arm's state, which is told a tenth of a second late, is this."""
    end = time.monotonic() + 60
    while server.ask("GET", "/state")[1]["state"] != state:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def serve():
    servers = []

    def start(subject, address, board):
        servers.append(Server(subject, address, board))
        return servers[-1]

    yield start
    for server in servers:
        server.shell.shutdown()
        server.shell.server_close()


@pytest.fixture
def server(tmp_path, serve):
    return serve(subject(tmp_path), address(), tmp_path)


def test_the_page_needs_no_token_and_holds_none(server):
    status, page = server.ask("GET", "/")
    assert status == 200
    assert "STOP" in page
    assert TOKEN not in page


def test_whoever_sees_the_page_may_stop(server, tmp_path):
    status, answer = server.ask("POST", "/stop", {})
    assert (status, answer["told"][:7]) == (200, "stopped")
    assert StopFile(tmp_path).latched


def test_who_stops_and_releases_is_noted_and_who_only_looks_is_not(server, tmp_path):
    log, end = AuditLog(tmp_path / AUDIT), time.monotonic() + 60

    def wait_for(notes):  # made once the page has its answer, which waits for no disk
        while len(log.read()[0]) < notes:
            assert time.monotonic() < end
            time.sleep(0.02)

    server.ask("POST", "/stop", {})
    wait_for(1)
    server.ask("POST", "/token", {"token": TOKEN})
    server.ask("POST", "/release", {"token": "wrong"})
    server.ask("POST", "/release", {"token": TOKEN})
    wait_for(2)
    noted = [(change.field, change.who, change.after) for change in log.read()[0]]
    stopped = "stopped: the arm holds still until it is released"
    assert noted == [("stop", "page at 127.0.0.1", stopped), ("release", "page at 127.0.0.1", "released")]


def test_a_stop_that_cannot_be_noted_is_a_stop(tmp_path, serve):
    (tmp_path / "file").touch()
    server = serve(subject(tmp_path, presets=tmp_path / "file"), address(), tmp_path)
    assert server.ask("POST", "/stop", {})[0] == 200
    assert StopFile(tmp_path).latched


def test_a_stop_that_fails_is_answered_with_what_went_wrong(server, monkeypatch):
    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StopFile, "latch", no_space)
    status, answer = server.ask("POST", "/stop", {})
    assert status == 500
    assert "No space left on device" in answer["error"]


@pytest.mark.parametrize(
    "given", [{}, {"token": ""}, {"token": "wrong"}, {"token": None}, {"token": [TOKEN]}]
)
def test_only_the_token_releases(server, tmp_path, given):
    StopFile(tmp_path).latch("a test")
    status, answer = server.ask("POST", "/release", given)
    assert status == 403
    assert "wrong token" in answer["error"]
    assert StopFile(tmp_path).latched


def test_the_token_releases(server, tmp_path):
    StopFile(tmp_path).latch("a test")
    assert server.ask("POST", "/release", {"token": TOKEN}) == (200, {"told": "released"})
    assert not StopFile(tmp_path).latched


def test_a_token_can_be_tried_without_any_effect(server):
    assert server.ask("POST", "/token", {"token": TOKEN})[0] == 200
    assert server.ask("POST", "/token", {"token": "other"})[0] == 403


def test_the_page_of_another_site_may_do_nothing(server, tmp_path):
    foreign = {"Origin": "http://elsewhere.example"}
    assert server.ask("POST", "/stop", {}, headers=foreign)[0] == 403
    assert not StopFile(tmp_path).latched
    own = {"Origin": f"http://127.0.0.1:{server.port}"}
    assert server.ask("POST", "/stop", {}, headers=own)[0] == 200
    host = f"elsewhere.example:{server.port}"
    rebound = {"Origin": f"http://{host}", "Host": host}
    assert server.ask("POST", "/stop", {}, headers=rebound)[0] == 403
    assert server.ask("GET", "/state", headers=rebound)[0] == 403


@pytest.mark.parametrize("body", ["{", "[1]", "no json", "x" * 10_000])
def test_a_body_that_is_no_json_object_is_no_token(server, body):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", "/release", body)
    assert connection.getresponse().status == 403


def test_other_paths_are_not_found(server):
    assert server.ask("GET", "/etc/passwd")[0] == 404
    assert server.ask("POST", "/move", {"token": TOKEN})[0] == 404


def test_the_state_is_the_planners_word_and_the_latch(server, tmp_path):
    assert server.ask("GET", "/state")[1]["state"] == "starting"
    with Watch(tmp_path) as watch:
        watch.tell_state("running", "")
        until(server, "running")
        StopFile(tmp_path).latch("a test")  # seen at once, before the planner has
        until(server, "latched")


def test_many_pages_cost_the_arms_control_no_more_than_one(server, monkeypatch):
    asked = []
    monkeypatch.setattr("wm_robot.dashboard.shell.FRESH_S", 1e9)
    monkeypatch.setattr(server.shell.stops, "state", lambda: asked.append(1) or {"state": "running"})
    for _ in range(5):
        assert server.ask("GET", "/state")[1]["state"] == "running"
    assert len(asked) == 1


def test_an_arm_whose_control_hangs_is_called_silent_and_holds_up_no_page(server, monkeypatch):
    hangs = threading.Event()
    monkeypatch.setattr("wm_robot.dashboard.shell.PATIENCE_S", 0.01)
    monkeypatch.setattr(server.shell.stops, "state", lambda: hangs.wait(60) and {"state": "running"})
    status, answer = server.ask("GET", "/state")
    hangs.set()
    assert (status, answer["state"]) == (200, "silent")
    assert "does not answer" in answer["why"]
    until(server, "running")


def test_a_state_that_cannot_be_read_is_told_as_such(server, monkeypatch):
    monkeypatch.setattr(server.shell.stops, "state", lambda: json.loads("{"))
    status, answer = server.ask("GET", "/state")
    assert (status, answer["state"]) == (200, "silent")
    assert "JSONDecodeError" in answer["why"]


def test_a_planner_that_says_nothing_is_called_silent(tmp_path, monkeypatch):
    arm = SimulatedArm(tmp_path)
    with Watch(tmp_path) as watch:
        watch.tell_state("running", "")
        later_ns = time.monotonic_ns() + 10_000_000_000
        monkeypatch.setattr(time, "monotonic_ns", lambda: later_ns)
        assert arm.state()["state"] == "silent"


@pytest.fixture
def arm(tmp_path, monkeypatch):
    """An arm whose control process says what `status` holds, and whose planner is watched in `tmp_path`."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    arm = StationArm("left", watch=tmp_path)
    known = SimpleNamespace(status={"state": "running"}, state=arm.state)
    monkeypatch.setattr(stops, "ask", lambda station, order: known.status)
    return known


def test_of_an_arm_whose_planner_hangs_that_is_told(arm, tmp_path, monkeypatch):
    with Watch(tmp_path) as watch:
        watch.tell_state("running")
        assert arm.state() == {"state": "running", "why": ""}
        arm.status = {"state": "stopped"}  # the control process has brought it to rest
        later_ns = time.monotonic_ns() + 10_000_000_000
        monkeypatch.setattr(time, "monotonic_ns", lambda: later_ns)
        assert arm.state()["state"] == "silent"
        assert arm.state()["why"] == "the planner says nothing since 10 s; the arm is stopped"
        arm.status = {"state": "latched"}  # else nobody could release it
        assert arm.state()["state"] == "latched"


def test_what_a_planner_cannot_show_of_an_arm_is_told(arm, tmp_path):
    with Watch(tmp_path) as watch:
        watch.problem = "no room"
        watch.tell_state("running")
        assert arm.state()["problem"] == "no room"


def test_an_arm_that_only_the_planner_hears_is_as_the_planner_says(arm, tmp_path):
    arm.status = None
    assert arm.state()["state"] == "no run"
    with Watch(tmp_path) as watch:
        watch.tell_state("waiting for a goal")
        assert arm.state()["state"] == "waiting for a goal"


def test_the_views_port_and_its_error_are_passed_on(server, tmp_path):
    assert server.ask("GET", "/state")[1]["view"] == {}
    write_json(tmp_path / VIEW, {"error": "no checkpoint"})
    assert server.ask("GET", "/state")[1]["view"] == {"error": "no checkpoint"}


def test_a_view_that_has_ended_is_told(server, tmp_path):
    child = subprocess.Popen([sys.executable, "-c", ""])
    write_json(tmp_path / VIEW, {"port": 1, "pid": os.getpid()})
    assert server.ask("GET", "/state")[1]["view"]["port"] == 1
    child.wait()
    write_json(tmp_path / VIEW, {"port": 1, "pid": child.pid})
    assert "has ended" in server.ask("GET", "/state")[1]["view"]["error"]


def test_an_arm_of_this_machine_is_latched_by_its_station(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(orders, "ask", lambda *_: {"state": "latched"})
    assert StationArm("left").stop() == "stopped: latched"
    assert Station("left").latched


def test_an_arm_that_no_process_here_commands_is_not_called_stopped(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    arm = StationArm("left")
    with pytest.raises(WmrError, match=r"no run of 'left' is active on this machine.*own emergency stop"):
        arm.stop()
    assert Station("left").latched  # no later run moves it
    assert arm.state()["state"] == "latched"
    assert "the latch is gone" in arm.release()
    assert not Station("left").latched


def test_an_arm_of_another_machine_is_stopped_and_released_by_way_of_its_planner(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(OrderRelay, "ask", lambda _, order: f"{order} done")
    arm = stops_of(subject(tmp_path, station="left", relayed=True))
    assert arm.stop() == "stopped by way of the planner: estop done"
    assert Station("left").latched
    assert arm.release() == "reset done"
    assert not Station("left").latched


def test_an_arm_that_moves_in_spite_of_this_machines_latch_is_not_called_latched(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    Station("left").latch("a test")
    arm = stops_of(subject(tmp_path, station="left", relayed=True))
    with Watch(tmp_path) as watch:
        watch.tell_state("running")
        assert arm.state()["state"] == "running"
        assert "latched on this machine, but moves" in arm.state()["why"]
        watch.tell_state("waiting for a goal")
        assert arm.state()["state"] == "latched"  # so that it can be released


def test_a_stop_that_no_way_answers_says_what_is_wrong_with_both(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(order_relay, "ANSWER_S", 0.0)
    arm = stops_of(subject(tmp_path, station="left", relayed=True))
    with pytest.raises(WmrError, match=r"no run of 'left'.*by way of the planner:.*own emergency stop"):
        arm.stop()


def test_nothing_of_a_recorded_run_can_be_stopped(tmp_path, serve):
    server = serve(subject(tmp_path, watch=None, replay=tmp_path), address(), tmp_path)
    status, answer = server.ask("POST", "/stop", {})
    assert status == 409
    assert "recorded" in answer["error"]
    assert Recorded().state()["state"] == "recorded"


def test_a_port_that_is_taken_is_an_error_that_names_it(server, tmp_path):
    with pytest.raises(WmrError, match=f"127.0.0.1:{server.port}.*choose another"):
        Shell(subject(tmp_path), address(port=server.port), tmp_path)


def test_an_address_of_ipv6_is_served_and_printed_as_one(tmp_path, serve):
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        server = serve(subject(tmp_path), address(host="::1"), tmp_path)
    except WmrError as error:
        if "assign" in str(error):
            pytest.skip("no IPv6")
        raise
    connection = http.client.HTTPConnection("::1", server.port, timeout=20)
    connection.request("GET", "/state")
    assert connection.getresponse().status == 200
    connection.close()
    assert address(host="::1", port=8080).url == f"http://[::1]:8080/?token={TOKEN}"


def test_another_host_without_tls_is_said_loudly(tmp_path, serve):
    open_ = address(host="0.0.0.0")
    assert "No TLS" in open_.warning
    server = serve(subject(tmp_path), open_, tmp_path)
    assert server.ask("GET", "/state")[1]["warning"] == open_.warning
    assert address().warning == ""


def test_what_is_no_certificate_is_refused(tmp_path):
    (tmp_path / "cert.pem").write_text("none")
    with pytest.raises(WmrError, match=r"cert\.pem.*no certificate"):
        Shell(subject(tmp_path), address(certificate=tmp_path / "cert.pem"), tmp_path)


def test_with_a_certificate_the_page_is_encrypted(tmp_path, serve, certificate, trusting):
    secured = address(host="0.0.0.0", certificate=certificate[0], key=certificate[1])
    assert secured.warning == ""
    assert secured.url.startswith("https://")
    server = serve(subject(tmp_path), secured, tmp_path)
    assert server.ask("POST", "/stop", {}, context=trusting)[0] == 200


def test_a_client_that_never_shakes_hands_does_not_keep_others_from_stop(
    tmp_path, serve, certificate, trusting
):
    server = serve(subject(tmp_path), address(certificate=certificate[0], key=certificate[1]), tmp_path)
    with socket.create_connection(("127.0.0.1", server.port)):
        assert server.ask("POST", "/stop", {}, context=trusting)[0] == 200
