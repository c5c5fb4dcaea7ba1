"""A run is decided again from its log: here by a low-pass filter that follows the newest chunk."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.core.errors import WmrError
from wm_robot.core.types import ActionChunk, JointCommand, JointState
from wm_robot.data.flight.log import FlightLog
from wm_robot.data.flight.reader import Record, read_flight
from wm_robot.robots import get_robot
from wm_robot.runtime.flight_messages import (
    EVENTS,
    INPUTS,
    OUTPUTS,
    TOPICS,
    CameraReading,
    ChunkReceived,
    CycleInputs,
    CycleOutputs,
    Event,
)
from wm_robot.runtime.flight_summary import StateChange, summarize
from wm_robot.runtime.replay import NOTHING, differences, repetition
from wm_robot.runtime.run_metadata import RunMetadata, read_run_metadata

ROBOT = get_robot("ur5e")
PERIOD_NS = 4_000_000


class Follower:
    """q ← q + gain (q* - q) towards the first action of the newest chunk; stays once it has stopped."""

    def __init__(self, gain):
        self.gain, self.q, self.target, self.stopped = gain, None, None, False

    def step(self, inputs):
        for received in inputs.chunks:
            self.target = received.actions[0]
        self.stopped |= inputs.estop
        if inputs.state is None or self.target is None or self.stopped:
            reasons = ("estop",) if self.stopped else ("no_target",)
            state = "latched" if self.stopped else "running"
            return CycleOutputs(tick_ns=inputs.tick_ns, state=state, reasons=reasons)
        self.q = inputs.state.q if self.q is None else self.q + self.gain * (self.target - self.q)
        command = JointCommand(
            stamp_ns=inputs.tick_ns, joint_names=ROBOT.joint_names, q=self.q, v=np.zeros(ROBOT.nq)
        )
        return CycleOutputs(tick_ns=inputs.tick_ns, raw=command, filtered=command, state="running")


def run_inputs(cycles):
    generator = np.random.default_rng(0)
    for i in range(cycles):
        chunk = ActionChunk(
            observation_stamp_ns=i,
            start_ns=i,
            dt_s=0.1,
            actions=generator.normal(size=(3, ROBOT.nq)),
            plan_id=i,
        )
        tick_ns = PERIOD_NS * i + (PERIOD_NS // 2 if i == 7 else 0)
        state = JointState(
            stamp_ns=tick_ns - 1,
            joint_names=ROBOT.joint_names,
            q=generator.normal(size=ROBOT.nq),
            v=np.full(ROBOT.nq, np.nan),
        )
        yield CycleInputs(
            tick_ns=tick_ns,
            state=None if i == 5 else state,
            driver_error="timeout" if i == 5 else "",
            chunks=(ChunkReceived.at(tick_ns, chunk),) if i % 4 == 2 else (),
            cameras=(CameraReading(name="top", stamp_ns=i, checksum=2**63 + i),),
            estop=i == 15,
        )


def record(path, cycles=20, *, gain=0.3, finish_last=True):
    metadata = RunMetadata(
        pipeline="follower", config={"gain": gain}, robot=ROBOT, seed=3, started="2026-05-04T10:12:00+00:00"
    )
    pipeline = Follower(gain)
    with FlightLog(path, TOPICS, metadata.as_text()) as log:
        log.write(EVENTS, 0, Event(kind="connected", detail="fake"))
        for i, inputs in enumerate(run_inputs(cycles)):
            log.write(INPUTS, inputs.tick_ns, inputs)
            outputs = pipeline.step(inputs)
            if finish_last or i < cycles - 1:
                log.write(OUTPUTS, outputs.tick_ns, outputs)
    return path


def test_the_same_pipeline_repeats_every_cycle_bit_for_bit(tmp_path):
    path = record(tmp_path / "flight.mcap")
    assert list(repetition(path, Follower(read_run_metadata(path).config["gain"]))) == []


def test_a_pipeline_that_rounds_otherwise_is_found_at_its_first_tick_and_field(tmp_path):
    path = record(tmp_path / "flight.mcap")
    logged = {r.stamp_ns: r.message for r in read_flight(path, {OUTPUTS: CycleOutputs})}
    found = list(repetition(path, Follower(0.3 * (1 + 1e-12))))
    # The chunk of cycle 2 is the first; that cycle starts at the measured position, the next one filters.
    first = found[0]
    assert (first.topic, first.stamp_ns, first.field) == (OUTPUTS, 3 * PERIOD_NS, "raw.q[0]")
    assert float(first.logged) == logged[3 * PERIOD_NS].raw.q[0]
    assert first.logged != first.repeated
    assert float(first.repeated) == pytest.approx(float(first.logged), rel=1e-9)
    assert max(d.stamp_ns for d in found) == 14 * PERIOD_NS  # from cycle 15 on both are stopped


def test_a_cycle_that_was_cut_off_before_its_decision_is_no_difference(tmp_path):
    path = record(tmp_path / "flight.mcap", finish_last=False)
    assert list(repetition(path, Follower(0.3))) == []
    assert summarize(path).cycles == 19


def outputs(tick_ns, **fields):
    return Record(
        topic=OUTPUTS, stamp_ns=tick_ns, message=CycleOutputs(tick_ns=tick_ns, state="running", **fields)
    )


def command(q):
    return JointCommand(stamp_ns=0, joint_names=("a", "b"), q=np.array(q), v=np.zeros(2))


@pytest.mark.parametrize(
    ("logged", "repeated", "expected"),
    [
        (command([0.0, 1.0]), command([-0.0, 1.0]), ("raw.q[0]", "0.0", "-0.0")),
        (command([0.1, 0.3]), command([0.1, 0.1 + 0.2]), ("raw.q[1]", "0.3", "0.30000000000000004")),
        (command([0.0, np.nan]), command([0.0, np.inf]), ("raw.q[1]", "nan", "inf")),
        (command([0.0, 1.0]), command([0.0]), ("raw.q[1]", "1.0", NOTHING)),
        (replace(command([0.0, 1.0]), gripper=1.0), command([0.0, 1.0]), ("raw.gripper", "1.0", NOTHING)),
    ],
)
def test_a_difference_names_the_value_and_what_became_of_it(logged, repeated, expected):
    (found,) = differences([outputs(8, raw=logged)], [outputs(8, raw=repeated)])
    assert (found.field, found.logged, found.repeated) == expected
    assert found.stamp_ns == 8


def test_one_nan_is_like_another():
    assert not list(
        differences([outputs(8, raw=command([np.nan, 0.0]))], [outputs(8, raw=command([-np.nan, 0.0]))])
    )


def test_a_message_that_one_side_lacks_does_not_make_all_the_others_differ():
    ticks = [outputs(tick) for tick in (1, 2, 3, 4)]
    found = list(differences(ticks[:1] + ticks[2:], ticks[:3]))
    assert [(d.stamp_ns, d.logged, d.repeated) for d in found] == [
        (2, NOTHING, "a message"),
        (4, "a message", NOTHING),
    ]


def test_a_summary_says_how_long_how_regular_and_what_stopped_the_run(tmp_path):
    summary = summarize(record(tmp_path / "flight.mcap"))
    assert summary.whole
    assert summary.cycles == 20
    assert summary.duration_s == pytest.approx(19 * 0.004)
    assert summary.worst_period_s == pytest.approx(0.006)  # cycle 7 came half a period late
    assert summary.changes == [
        StateChange(at_s=0.0, state="running", reasons=("no_target",)),
        StateChange(at_s=pytest.approx(15 * 0.004), state="latched", reasons=("estop",)),
    ]
    assert summary.events == [Event(kind="connected", detail="fake")]
    assert summary.lost == []


def test_the_metadata_bring_the_robot_and_the_settings_back(tmp_path):
    metadata = read_run_metadata(record(tmp_path / "flight.mcap", cycles=1))
    assert metadata.robot == ROBOT
    assert (metadata.pipeline, metadata.config, metadata.seed) == ("follower", {"gain": 0.3}, 3)
    assert {"numpy", "python", "machine"} <= metadata.versions.keys()


def test_a_log_of_something_else_is_refused(tmp_path):
    FlightLog(tmp_path / "flight.mcap", TOPICS, {"colour": '"red"'}).close()
    with pytest.raises(WmrError, match="colour"):
        read_run_metadata(tmp_path / "flight.mcap")


def test_a_chunk_comes_back_whole_with_its_time_of_arrival(tmp_path):
    path = record(tmp_path / "flight.mcap", cycles=3)
    received = [c for r in read_flight(path, {INPUTS: CycleInputs}) for c in r.message.chunks]
    (wanted,) = (c for inputs in run_inputs(3) for c in inputs.chunks)
    assert received[0].arrival_ns == 2 * PERIOD_NS
    assert received[0].chunk.actions.tobytes() == wanted.actions.tobytes()
    assert received[0].chunk.plan_id == 2
