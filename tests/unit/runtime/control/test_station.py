"""One commander, and a latch that outlives everything."""

import stat
import subprocess
import sys

import pytest

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control.station import Station, stations

COMMAND = """
import sys, time
from wm_robot.runtime.control.station import Station
with Station("arm").command():
    print("mine", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_two_commanders_of_one_arm_are_one_too_many():
    with Station("arm").command():
        with pytest.raises(WmrError, match="another process commands 'arm'"), Station("arm").command():
            pass
        with Station("other").command():
            pass


def test_a_commander_that_was_killed_leaves_the_arm_free():
    other = subprocess.Popen([sys.executable, "-c", COMMAND], stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"mine\n"
    with pytest.raises(WmrError, match="another process"), Station("arm").command():
        pass
    other.kill()
    other.wait()
    other.stdout.close()
    with Station("arm").command():
        pass


def test_a_latch_is_seen_by_everybody_until_it_is_taken_away():
    Station("arm").latch("somebody shouted")
    assert Station("arm").latched
    assert Station("arm").why_latched().startswith("somebody shouted, at ")
    assert not Station("other").latched
    Station("arm").unlatch()
    Station("arm").unlatch()
    assert not Station("arm").latched
    assert Station("arm").why_latched() == ""


def test_a_latch_that_cannot_be_read_latches(home):
    Station("arm").latch("x")
    (home / "wm_robot" / "arm" / "estop.json").write_bytes(b"\xff{")
    assert Station("arm").latched
    assert "cannot be read" in Station("arm").why_latched()


def test_only_this_user_may_enter(home):
    Station("arm").make()
    assert stat.S_IMODE((home / "wm_robot" / "arm").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b", "a\0b"])
def test_what_is_no_name_is_told(name):
    with pytest.raises(WmrError, match="is no name for an arm"):
        Station(name)


def test_a_folder_that_is_no_absolute_path_would_hide_the_latch_elsewhere(monkeypatch, home):
    monkeypatch.setenv("XDG_STATE_HOME", "here")
    monkeypatch.setenv("HOME", str(home))
    assert Station("arm").folder == home / ".local" / "state" / "wm_robot" / "arm"


def test_a_path_too_long_for_a_socket_is_told(monkeypatch, home):
    monkeypatch.setenv("XDG_STATE_HOME", str(home / ("x" * 100)))
    with pytest.raises(WmrError, match="too long for a socket"):
        Station("arm")


def test_every_arm_that_was_commanded_is_known(home):
    for name in ("b", "a"):
        Station(name).make()
    (home / "wm_robot" / "not an arm").mkdir()
    assert [station.name for station in stations()] == ["a", "b"]
