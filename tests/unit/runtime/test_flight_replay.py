"""A run is decided again from its log: here by a low-pass filter that follows the newest chunk."""

import numpy as np
import pytest

from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import to_json
from wm_robot.core.types import ActionChunk, JointState
from wm_robot.data.flight.log import FlightLog
from wm_robot.data.flight.reader import Record, read_flight
from wm_robot.robots import get_robot
from wm_robot.runtime.control.pipeline import PIPELINE, ControlConfig, rebuild
from wm_robot.runtime.flight_messages import (
    EVENTS,
    INPUTS,
    OUTPUTS,
    TOPICS,
    CameraReport,
    ChunkReceived,
    CycleInputs,
    CycleOutputs,
    Event,
    PlannerReport,
)
from wm_robot.runtime.flight_summary import StateChange, summarize
from wm_robot.runtime.replay import NOTHING, PIPELINES, differences, repetition
from wm_robot.runtime.run_metadata import RunMetadata, read_run_metadata

ROBOT = get_robot("ur5e")
PERIOD_NS = 4_000_000


class Follower:
    """q ← q + gain (q* - q) towards the first action of the newest chunk; stays once it has stopped."""

    def __init__(self, gain):
        self.gain, self.q, self.target, self.stopped = gain, None, None, False

    def step(self, inputs):
        if inputs.chunk is not None:
            self.target = inputs.chunk.actions[0]
        self.stopped |= "estop" in inputs.requests
        if inputs.state is not None and self.target is not None and not self.stopped:
            self.q = inputs.state.q if self.q is None else self.q + self.gain * (self.target - self.q)
        q = np.zeros(ROBOT.nq) if self.q is None else self.q
        return CycleOutputs(
            q=q,
            v=np.full(ROBOT.nq, np.nan),
            wanted=q,
            p_WE=np.zeros(3),
            state="latched" if self.stopped else "running",
            faults=("estop",) if self.stopped else (),
            reasons=() if self.target is not None else ("no_target",),
        )


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
        camera = CameraReport(name="top", stamp_ns=i, changed_ns=i)
        yield CycleInputs(
            now_ns=tick_ns,
            system_ns=2**60 + tick_ns,
            state=None if i == 5 else state,
            driver_error="timeout" if i == 5 else "",
            planner=PlannerReport(heartbeat_ns=tick_ns, plan_began_ns=0, cameras=(camera,)),
            chunk=ChunkReceived.at(tick_ns, chunk) if i % 4 == 2 else None,
            requests=("estop",) if i == 15 else (),
        )


def record(path, cycles=20, *, gain=0.3, finish_last=True):
    metadata = RunMetadata(
        pipeline="follower", config={"gain": gain}, robot=ROBOT, seed=3, started="2026-05-04T10:12:00+00:00"
    )
    fly(path, metadata, Follower(gain), list(run_inputs(cycles)), finish_last=finish_last)
    return path


def fly(path, metadata, pipeline, inputs, *, finish_last=True):
    with FlightLog(path, TOPICS, metadata.as_text()) as log:
        log.write(EVENTS, 0, Event(kind="connected", detail="fake"))
        for cycle in inputs:
            log.write(INPUTS, cycle.now_ns, cycle)
            outputs = pipeline.step(cycle)
            if finish_last or cycle is not inputs[-1]:
                log.write(OUTPUTS, cycle.now_ns, outputs)


def test_the_same_pipeline_repeats_every_cycle_bit_for_bit(tmp_path):
    path = record(tmp_path / "flight.mcap")
    assert list(repetition(path, Follower(read_run_metadata(path).config["gain"]))) == []


def test_a_pipeline_that_rounds_otherwise_is_found_at_its_first_tick_and_field(tmp_path):
    path = record(tmp_path / "flight.mcap")
    logged = {r.stamp_ns: r.message for r in read_flight(path, {OUTPUTS: CycleOutputs})}
    found = list(repetition(path, Follower(0.3 * (1 + 1e-12))))
    # The chunk of cycle 2 is the first; that cycle starts at the measured position, the next one filters.
    first = found[0]
    assert (first.topic, first.stamp_ns, first.field) == (OUTPUTS, 3 * PERIOD_NS, "q[0]")
    assert float(first.logged) == logged[3 * PERIOD_NS].q[0]
    assert first.logged != first.repeated
    assert float(first.repeated) == pytest.approx(float(first.logged), rel=1e-9)
    # The stop of cycle 15 freezes what differs, so that every cycle after it differs too.
    assert {d.stamp_ns for d in found} == {r for r in logged if r >= 3 * PERIOD_NS}


def test_a_cycle_that_was_cut_off_before_its_decision_is_no_difference(tmp_path):
    path = record(tmp_path / "flight.mcap", finish_last=False)
    assert list(repetition(path, Follower(0.3))) == []
    assert summarize(path, 250.0).cycles == 19


def outputs(tick_ns, q=(0.0, 1.0), **changes):
    fields = {"q": q, "v": (0.0, 0.0), "wanted": (0.0, 0.0), "p_WE": (0.0, 0.0, 0.0)}
    arrays = {name: np.array(values) for name, values in fields.items()}
    message = CycleOutputs(**arrays, **{"state": "running", **changes})
    return Record(topic=OUTPUTS, stamp_ns=tick_ns, message=message)


@pytest.mark.parametrize(
    ("logged", "repeated", "expected"),
    [
        ({"q": (0.0, 1.0)}, {"q": (-0.0, 1.0)}, ("q[0]", "0.0", "-0.0")),
        ({"q": (0.1, 0.3)}, {"q": (0.1, 0.1 + 0.2)}, ("q[1]", "0.3", "0.30000000000000004")),
        ({"q": (0.0, np.nan)}, {"q": (0.0, np.inf)}, ("q[1]", "nan", "inf")),
        ({"q": (0.0, 1.0)}, {"q": (0.0,)}, ("q[1]", "1.0", NOTHING)),
        ({"faults": ()}, {"faults": ("tracking",)}, ("faults[0]", NOTHING, "'tracking'")),
        ({"state": "stopped"}, {"state": "latched"}, ("state", "'stopped'", "'latched'")),
    ],
)
def test_a_difference_names_the_value_and_what_became_of_it(logged, repeated, expected):
    (found,) = differences([outputs(8, **logged)], [outputs(8, **repeated)])
    assert (found.field, found.logged, found.repeated) == expected
    assert found.stamp_ns == 8


def test_something_where_nothing_was_is_one_difference():
    logged, repeated = (
        Record(topic=INPUTS, stamp_ns=0, message=CycleInputs(now_ns=0, system_ns=0, planner=planner))
        for planner in (PlannerReport(heartbeat_ns=1, plan_began_ns=0, cameras=()), None)
    )
    (found,) = differences([logged], [repeated])
    assert (found.field, found.repeated) == ("planner", NOTHING)


def test_one_nan_is_like_another():
    logged, repeated = (outputs(8, q=(nan, 0.0)) for nan in (np.nan, -np.nan))
    assert list(differences([logged], [repeated])) == []


def test_a_message_that_one_side_lacks_does_not_make_all_the_others_differ():
    ticks = [outputs(tick) for tick in (1, 2, 3, 4)]
    found = list(differences(ticks[:1] + ticks[2:], ticks[:3]))
    assert [(d.stamp_ns, d.logged, d.repeated) for d in found] == [
        (2, NOTHING, "a message"),
        (4, "a message", NOTHING),
    ]


def test_a_summary_says_how_long_how_regular_and_what_stopped_the_run(tmp_path):
    summary = summarize(record(tmp_path / "flight.mcap"), 250.0)
    assert summary.whole
    assert summary.cycles == 20
    assert summary.duration_s == pytest.approx(19 * 0.004)
    # Cycle 7 came half a period late: one period of 6 ms and one of 2 ms among 17 of 4 ms.
    assert summary.worst_period_s == pytest.approx(0.006)
    assert summary.period_error_p50_s == pytest.approx(0.0, abs=1e-12)
    assert summary.period_error_p99_s == pytest.approx(0.002)
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
    received = [r.message.chunk for r in read_flight(path, {INPUTS: CycleInputs})]
    wanted = [inputs.chunk for inputs in run_inputs(3)]
    assert received[:2] == wanted[:2] == [None, None]
    assert received[2].arrival_ns == 2 * PERIOD_NS
    assert received[2].chunk.actions.tobytes() == wanted[2].actions.tobytes()
    assert received[2].chunk.plan_id == 2


def arm_inputs(cycles):
    """A still UR5e at home, two chunks that move its tip by a few millimetres, then an emergency stop."""
    for i in range(cycles):
        now_ns = 10**9 + PERIOD_NS * i
        chunk = ActionChunk(
            observation_stamp_ns=now_ns,
            start_ns=now_ns + PERIOD_NS,
            dt_s=0.1,
            actions=np.tile([0.002, -0.001, 0.0], (8, 1)),
            plan_id=i,
        )
        yield CycleInputs(
            now_ns=now_ns,
            system_ns=now_ns,
            state=JointState(
                stamp_ns=now_ns, joint_names=ROBOT.joint_names, q=np.array(ROBOT.home), v=np.zeros(ROBOT.nq)
            ),
            chunk=ChunkReceived.at(now_ns, chunk) if i in (5, 30) else None,
            requests=("estop",) if i == 50 else (),
        )


def test_the_pipeline_of_a_real_arm_is_rebuilt_from_its_log_and_repeats_bit_for_bit(tmp_path):
    control = {"control": to_json(ControlConfig(planned=False))}
    metadata = RunMetadata(pipeline=PIPELINE, config=control, robot=ROBOT, seed=0, started="2026-05-04")
    path = tmp_path / "flight.mcap"
    fly(path, metadata, rebuild(metadata), list(arm_inputs(80)))
    logged = [record.message for record in read_flight(path, {OUTPUTS: CycleOutputs})]
    assert np.abs(logged[48].q - logged[0].q).max() > 1e-3  # it moved, so there was something to repeat
    assert [change.state for change in summarize(path, 250.0).changes][1:3] == ["running", "stopping"]
    read = read_run_metadata(path)
    assert list(repetition(path, PIPELINES.get(read.pipeline)(read))) == []
