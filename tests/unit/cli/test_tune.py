"""`wmr tune` as a command: refusals, and a study that is killed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from wm_robot.cli.main import main
from wm_robot.tuning.view import read_study

pytest.importorskip("optuna")

COMMAND = ["tune", "--task", "reach", "--budget", "3", "--episodes", "2", "--confirm-episodes", "1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "juggle"], "unknown shipped checkpoint 'juggle'; valid: push, reach"),
        (
            ["--task", "reach", "--objective", "success,speed"],
            "unknown objective 'speed'; valid: error, latency, latency_p99, success",
        ),
        (["--task", "reach", "--objective", "error,error"], "each once, with commas"),
        (["--task", "reach", "--budget", "0"], "budget is 0; it must be at least 1"),
        (["--task", "reach", "--workers", "0"], "workers is 0; it must be at least 1"),
    ],
)
def test_bad_options_are_one_line_and_exit_code_2(arguments, message, tmp_path, capsys):
    assert main(["tune", *arguments, "--output", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


@pytest.mark.slow
def test_a_study_killed_at_any_moment_goes_on_and_its_workers_end(tmp_path):
    study = tmp_path / "study"
    code = "import sys; from wm_robot.cli.main import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *COMMAND, "--output", str(study), "--json"]
    first = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    until = time.monotonic() + 300
    while not (study / "study.json").exists():
        assert first.poll() is None, "the study ended before its first episode"
        assert time.monotonic() < until, "no episode in 300 s"
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    before = read_study(study)
    assert not before.finished
    while _group_lives(first.pid):  # orphans would hold the machine's memory for ever
        assert time.monotonic() < until, "a worker outlived its parent"
        time.sleep(0.1)

    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["finished"]
    assert len(result["trials"]) == 3
    assert "trials" in done.stderr
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "was finished before" in again.stderr
    assert json.loads(again.stdout)["trials"] == result["trials"]


def _group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
