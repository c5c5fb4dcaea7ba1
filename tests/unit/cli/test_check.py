"""`wmr check` on the command line, and what it leaves alone."""

import json
import os

import pytest

from wm_robot.cli.main import main
from wm_robot.runtime.control.station import Station


@pytest.fixture(autouse=True)
def _own_state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def check(capsys, *arguments):
    code = main(["check", "--seconds", "0.3", *arguments])
    return code, capsys.readouterr()


def test_the_simulation_is_checked_with_its_cameras(capsys, tmp_path):
    code, shown = check(capsys, "--robot", "ur5e", "--arm", f"check{os.getpid()}", "--json")
    answer = json.loads(shown.out)
    found = {f["name"]: f for f in answer["findings"]}
    assert [j["name"] for j in answer["joints"]][2] == "elbow_joint"
    assert {"camera front", "camera top", "flight log", "real-time scheduler"} <= found.keys()
    assert all(f["advice"] for f in found.values() if f["level"] != "ok")
    assert code == (0 if answer["healthy"] else 1)
    assert answer["healthy"] == all(f["level"] != "problem" for f in found.values())
    assert found["start of a run"]["level"] == "ok"
    assert not (tmp_path / "runs").exists()


def test_the_table_says_what_connecting_does_and_ends_in_a_verdict(capsys):
    code, shown = check(capsys, "--driver", "so101", "--port", "/dev/nowhere")
    assert code == 1
    assert shown.out.startswith("Connecting to so101 switches the torque on, each joint held where it stands")
    assert "wmr calibrate" in " ".join(shown.out.split())
    assert shown.out.rstrip().endswith("see ✗.")


def test_a_latched_arm_is_a_problem_with_the_way_out(capsys):
    Station("mine").latch("smoke")
    code, shown = check(capsys, "--robot", "so101", "--driver", "fake", "--arm", "mine", "--json")
    found = {f["name"]: f for f in json.loads(shown.out)["findings"]}["emergency stop"]
    assert (code, found["level"]) == (1, "problem")
    assert "smoke" in found["detail"]
    assert "wmr reset" in found["advice"]
    assert Station("mine").latched


def test_an_arm_that_another_process_commands_is_left_alone(capsys):
    with Station("so101").command():
        code, shown = check(capsys, "--robot", "so101", "--driver", "fake")
    assert code == 2
    assert "another process commands 'so101'" in shown.err


def test_a_folder_that_cannot_be_written_is_a_problem(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    # No folder can be made below a file: whoever is root can write anywhere else.
    code, shown = check(capsys, "--robot", "so101", "--driver", "fake", "--json", "--output", "/proc/nowhere")
    found = {f["name"]: f for f in json.loads(shown.out)["findings"]}["flight log"]
    assert (code, found["level"]) == (1, "problem")
    assert "/proc" in found["detail"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--driver", "ur", "--robot", "panda", "--host", "x"), "driver ur does not drive panda"),
        (("--driver", "fake"), "which arm?"),
        (("--driver", "nobody"), "unknown driver 'nobody'"),
        (("--driver", "fake", "--robot", "so101", "--cameras", "front"), "write NAME=SOURCE"),
        (("--driver", "fake", "--robot", "so101", "--seconds", "0"), "above 0"),
    ],
)
def test_what_does_not_fit_is_a_users_error(capsys, arguments, said):
    code, shown = check(capsys, *arguments)
    assert (code, said in shown.err) == (2, True), shown.err


def test_the_latch_of_a_real_arm_is_no_matter_of_its_simulation(capsys):
    name = f"check{os.getpid()}"
    for latched, level in ((name, "ok"), (f"{name}.sim", "problem")):
        Station(latched).latch("smoke")
        _, shown = check(capsys, "--robot", "panda", "--arm", name, "--json")
        found = {f["name"]: f for f in json.loads(shown.out)["findings"]}["emergency stop"]
        assert (latched, found["level"]) == (latched, level)
