"""`wmr run` and `wmr faults` as a user starts them: two processes, the simulated arm, real time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wm_robot.data.reader import read_dataset

pytestmark = pytest.mark.slow


def wmr(tmp_path, *arguments):
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")}
    command = [Path(sys.executable).with_name("wmr"), *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=environment, check=False, cwd=tmp_path
    )


def test_a_run_ends_at_rest_and_leaves_a_log_that_repeats_and_an_episode(tmp_path):
    output = tmp_path / "run"
    done = wmr(tmp_path, "run", "--seed", 3, "--name", f"run-{tmp_path.name}", "--output", output, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["ended"] == "done"
    # Within the workspace a start is at least 8 cm from its goal; a loaded machine plans late, but it plans.
    assert answer["final_error_m"] < 0.08
    replayed = wmr(tmp_path, "replay", output, "--json")
    assert replayed.returncode == 0, replayed.stdout
    assert json.loads(replayed.stdout)["identical"]
    assert read_dataset(output / "dataset").episodes[0].length == answer["periods"]


def test_a_killed_planner_leaves_an_arm_that_stopped_within_its_limits(tmp_path):
    done = wmr(tmp_path, "faults", "--only", "SIGKILL", "--json")
    (fault,) = json.loads(done.stdout)["faults"]
    assert fault["found"][0] == "the planner process has ended or is silent"
    assert fault["action"] == "latched"
    assert fault["max_violation"] == 0
    assert not fault["resumed_without_reset"]
