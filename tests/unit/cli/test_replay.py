"""`wmr replay` says whether a run can be trusted to its last bit."""

import json

import numpy as np
import pytest

from wm_robot.cli.main import main
from wm_robot.data.flight.log import FlightLog
from wm_robot.robots import get_robot
from wm_robot.runtime.flight_messages import INPUTS, OUTPUTS, TOPICS, CycleInputs, CycleOutputs
from wm_robot.runtime.replay import PIPELINES
from wm_robot.runtime.run_metadata import RunMetadata


class Alternator:
    """A pipeline of two states that takes turns after as many cycles as its settings say."""

    def __init__(self, metadata):
        self.every, self.count = metadata.config["every"], 0

    def step(self, inputs):
        turned = self.count // self.every % 2
        self.count += 1
        still = np.zeros(5)
        state = ("running", "stopped")[turned]
        return CycleOutputs(q=still, v=still, wanted=still, p_WE=np.zeros(3), state=state)


if "alternator" not in PIPELINES:
    PIPELINES.add("alternator", Alternator)


@pytest.fixture
def fly(tmp_path):
    def run(*, pretended_every=3, pipeline="alternator", broken=False):
        settings = {"robot": get_robot("so101"), "seed": 0, "started": "2026-05-04T10:12:00+00:00"}
        metadata = RunMetadata(pipeline=pipeline, config={"every": pretended_every}, **settings)
        decides = Alternator(RunMetadata(pipeline=pipeline, config={"every": 3}, **settings))
        with FlightLog(tmp_path / "run" / "flight.mcap", TOPICS, metadata.as_text()) as log:
            for i in range(6):
                inputs = CycleInputs(now_ns=20_000_000 * i, system_ns=i)
                log.write(INPUTS, inputs.now_ns, inputs)
                log.write(OUTPUTS, inputs.now_ns, decides.step(inputs))
            if broken:
                log.write(INPUTS, 0, CycleInputs(now_ns=np.int64(0), system_ns=0))
        return tmp_path / "run"

    return run


def wmr(capsys, *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_run_that_repeats_is_said_to_and_exits_with_0(capsys, fly):
    code, out, _ = wmr(capsys, "replay", fly())
    assert code == 0
    assert "6 cycles in 0.100 s, at most 20.00 ms from one to the next" in out
    assert "0.060 s  stopped" in out
    assert out.rstrip().endswith("6 cycles repeated bit for bit")


def test_a_run_that_differs_exits_with_1_and_names_the_values(capsys, fly):
    # Every 4 instead of every 3 cycles: cycle 3 alone of 0 to 5 has another state.
    code, out, _ = wmr(capsys, "replay", fly(pretended_every=4))
    assert code == 1
    assert "1 of 6 cycles differ" in out
    assert "tick 60000000  state: logged 'stopped', repeated 'running'" in out


def test_json_holds_verdict_summary_and_differences(capsys, fly):
    code, out, _ = wmr(capsys, "replay", fly(pretended_every=4), "--json")
    answer = json.loads(out)
    assert code == 1
    assert (answer["identical"], answer["differing_cycles"], answer["cycles"]) == (False, 1, 6)
    assert answer["whole"]
    assert answer["changed_since"] == []
    assert answer["differences"] == [
        {
            "topic": "/outputs",
            "stamp_ns": 60_000_000,
            "field": "state",
            "logged": "'stopped'",
            "repeated": "'running'",
        }
    ]


def test_a_killed_run_is_repeated_as_far_as_it_goes_and_said_to_be_cut_off(capsys, fly):
    path = fly() / "flight.mcap"
    path.write_bytes(path.read_bytes()[:-20])
    code, out, _ = wmr(capsys, "replay", path)
    assert code == 0
    assert "never closed" in out
    assert "6 cycles repeated bit for bit" in out


def test_a_log_with_a_gap_cannot_prove_that_the_run_repeats(capsys, fly):
    code, out, _ = wmr(capsys, "replay", fly(broken=True))
    assert code == 1
    assert "1 messages of /inputs are missing: CycleInputs.now_ns: a int64" in out


def test_a_pipeline_that_nobody_can_build_and_a_folder_without_a_log_are_a_users_error(capsys, fly, tmp_path):
    code, _, err = wmr(capsys, "replay", fly(pipeline="unheard"))
    assert (code, "unknown pipeline 'unheard'" in err) == (2, True)
    code, _, err = wmr(capsys, "replay", tmp_path)
    assert (code, "flight.mcap cannot be read: No such file" in err) == (2, True)
