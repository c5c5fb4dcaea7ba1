"""`wmr dashboard` where it cannot start: one line that says why, and exit code 2."""

import json
import shutil
import socket
from types import SimpleNamespace

import pytest

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.cli import arm_loop
from wm_robot.cli.main import main
from wm_robot.core.errors import WmrError
from wm_robot.dashboard import processes
from wm_robot.runtime.watch.plan_log import PLANS, PlanLog

pytest.importorskip("viser")


def refused(capsys, *options):
    """What `wmr dashboard` says when it refuses."""
    assert main(["dashboard", *options]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert told[-1].startswith("error: ")
    return told[-1]


@pytest.fixture
def changed_checkpoint(tmp_path):
    """A function that makes a checkpoint whose config says something else."""

    def change(**fields):
        folder = tmp_path / "checkpoint"
        shutil.copytree(shipped_checkpoint("reach"), folder)
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | fields))
        return folder

    return change


def test_a_port_that_is_taken(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}" in refused(capsys, "--page.port", str(port))


@pytest.mark.parametrize("port", ["0", "65535", "-3", "99999"])
def test_a_port_that_does_not_exist(capsys, port):
    assert "valid: 1 to 65534" in refused(capsys, f"--page.port={port}")


def test_half_of_what_tls_needs(capsys, tmp_path):
    assert "both a certificate and its key" in refused(capsys, "--page.tls-cert", str(tmp_path / "cert.pem"))


def test_a_folder_without_a_checkpoint(capsys, tmp_path):
    assert str(tmp_path) in refused(capsys, "--checkpoint", str(tmp_path))


def test_a_checkpoint_for_an_arm_that_nobody_knows(capsys, changed_checkpoint):
    folder = changed_checkpoint(robot="scara")
    assert "unknown robot 'scara'" in refused(capsys, "--checkpoint", str(folder))


def test_a_checkpoint_for_another_arm(capsys):
    assert "for panda, not ur5e" in refused(capsys, "--robot", "ur5e")


def test_an_arm_without_a_model_says_all_that_is_missing_and_how_to_name_it(capsys):
    told = refused(capsys, "--robot", "ur5e", "--driver", "ros_dds")
    for word in ("--checkpoint FOLDER", "--cameras NAME=SOURCE", "reach_so101 (so101)", "wmr train"):
        assert word in told


def test_an_arm_without_a_goal_is_no_error_in_a_page():
    senses = SimpleNamespace(observation_space=SimpleNamespace(cameras=("front",)))
    assert arm_loop._goal(SimpleNamespace(goal=None), senses, None, idle=True).nothing
    with pytest.raises(WmrError, match="where to"):  # `wmr run` has nobody to ask
        arm_loop._goal(SimpleNamespace(goal=None), senses, None, idle=False)


def test_a_run_that_was_not_recorded(capsys, tmp_path):
    assert "as `wmr run`" in refused(capsys, "--replay", str(tmp_path))


def test_a_run_that_is_damaged(capsys, tmp_path):
    (tmp_path / PLANS).write_bytes(b"\x89MCAP0\r\n" + b"\xff" * 200)
    assert PLANS in refused(capsys, "--replay", str(tmp_path))


def test_a_run_whose_checkpoint_is_gone(capsys, tmp_path):
    known = {"title": "a", "robot": "panda", "task": "reach", "checkpoint": str(tmp_path / "gone")}
    PlanLog(tmp_path / PLANS, known).close()
    assert str(tmp_path / "gone") in refused(capsys, "--replay", str(tmp_path))


def test_without_viser_the_error_names_the_extra(capsys, monkeypatch):
    monkeypatch.setattr(processes, "find_spec", lambda name: None)
    assert "wm_robot[dashboard]" in refused(capsys)
