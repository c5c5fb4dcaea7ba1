"""A flight log never holds up its loop, and can be read whatever was killed when."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from mcap.reader import NonSeekingReader, make_reader

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import FlightLogError, WmrError
from wm_robot.data.flight.log import LOST_TOPIC, FlightLog, Lost
from wm_robot.data.flight.reader import is_whole, read_flight, read_metadata


@dataclass(frozen=True, kw_only=True)
class Sample:
    index: int
    q: FloatArray


@dataclass(frozen=True, kw_only=True)
class Note:
    text: str


TOPICS = {"/sample": Sample, "/note": Note}


def sample(index: int) -> Sample:
    return Sample(index=index, q=np.sin(index + np.arange(7.0)))


def write_log(path, count, **options):
    with FlightLog(path, TOPICS, {"seed": "3"}, **options) as log:
        for i in range(count):
            log.write("/sample", 1000 * i, sample(i))
            log.write("/note", 1000 * i + 1, Note(text=str(i)))


def test_messages_come_back_in_the_order_in_which_they_were_written(tmp_path):
    write_log(tmp_path / "run" / "flight.mcap", 50)
    records = list(read_flight(tmp_path / "run" / "flight.mcap", TOPICS))
    assert [record.topic for record in records] == ["/sample", "/note"] * 50
    assert [record.stamp_ns for record in records[::2]] == [1000 * i for i in range(50)]
    for i, record in enumerate(records[::2]):
        assert record.message.index == i
        assert record.message.q.tobytes() == sample(i).q.tobytes()
    assert is_whole(tmp_path / "run" / "flight.mcap")
    assert read_metadata(tmp_path / "run" / "flight.mcap") == {"seed": "3"}


def test_topics_that_nobody_asked_for_are_passed_over(tmp_path):
    write_log(tmp_path / "flight.mcap", 3)
    assert [r.message.text for r in read_flight(tmp_path / "flight.mcap", {"/note": Note})] == list("012")


def test_the_standard_reader_opens_the_log(tmp_path):
    write_log(tmp_path / "flight.mcap", 20)
    with open(tmp_path / "flight.mcap", "rb") as file:
        reader = make_reader(file, validate_crcs=True)
        assert reader.get_header().library.startswith("wm_robot ")
        assert reader.get_summary().statistics.message_count == 40
        messages = list(reader.iter_messages("/sample"))
    assert len(messages) == 20
    for i, (schema, channel, message) in enumerate(messages):
        assert (schema.name, schema.encoding) == ("wm_robot.Sample", "jsonschema")
        assert (channel.message_encoding, message.log_time, message.sequence) == ("json", 1000 * i, i + 1)


def test_what_the_caller_changes_after_writing_does_not_change_the_log(tmp_path):
    q = np.zeros(2)
    with FlightLog(tmp_path / "flight.mcap", TOPICS, {}) as log:
        log.write("/sample", 0, Sample(index=0, q=q))
        q[:] = 7.0
    (record,) = read_flight(tmp_path / "flight.mcap", TOPICS)
    assert record.message.q.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("topic", "stamp_ns", "message", "reason"),
    [
        ("/nowhere", 0, Note(text=""), "unknown topic '/nowhere'"),
        ("/sample", -1, sample(0), "stamp is out of range"),
        ("/sample", None, sample(0), "NoneType"),
        ("/sample", 0, Sample(index=0, q=np.zeros(2, np.float32)), "Sample.q: a float32 array"),
        ("/sample", 0, Note(text=""), "Sample.index: .*no attribute"),
    ],
)
def test_a_message_that_cannot_be_written_is_told_in_its_place(tmp_path, topic, stamp_ns, message, reason):
    with FlightLog(tmp_path / "flight.mcap", TOPICS, {}) as log:
        log.write("/note", 1, Note(text="before"))
        log.write(topic, stamp_ns, message)
        log.write(topic, stamp_ns, message)
        log.write("/note", 2, Note(text="after"))
        (lost,) = log.lost
    records = list(read_flight(tmp_path / "flight.mcap", {**TOPICS, LOST_TOPIC: Lost}))
    assert [record.topic for record in records] == ["/note", LOST_TOPIC, "/note"]
    assert records[1].message == lost
    assert (lost.topic, lost.count) == (topic, 2)
    assert re.search(reason, lost.reason)


def test_a_disk_that_stands_still_costs_the_newest_messages_and_never_the_loop(tmp_path, monkeypatch):
    hangs, goes_on = os.pipe()

    def stuck(descriptor):
        os.read(hangs, 1)  # returns once the test closes the other end

    monkeypatch.setattr("wm_robot.data.flight.log.os.fsync", stuck)
    with FlightLog(tmp_path / "flight.mcap", TOPICS, {}, capacity=10, flush_period_s=0.0) as log:
        i = 0
        while not log.lost:  # the thread takes a few before it hangs
            log.write("/sample", i, sample(i))
            i += 1
        kept = i - 1
        log.write("/sample", i, sample(i))
        os.close(goes_on)
        while log.lost[0].count == i + 1 - kept:  # until there is room again
            i += 1
            log.write("/sample", i, sample(i))
    os.close(hangs)
    records = list(read_flight(tmp_path / "flight.mcap", {**TOPICS, LOST_TOPIC: Lost}))
    (gap,) = (k for k, record in enumerate(records) if record.topic == LOST_TOPIC)
    assert records[gap].message.reason == "the disk is 10 messages behind"
    indices = [record.message.index for record in records if record.topic == "/sample"]
    # Nothing is missing but what the log says, where it says so.
    assert indices[:gap] == list(range(kept))
    assert indices[gap] == kept + records[gap].message.count


def test_a_file_that_can_grow_no_longer_is_a_problem_to_be_asked_for_and_told_at_the_end(tmp_path):
    code = """
        import resource, sys, numpy as np
        from pathlib import Path
        from wm_robot.core.errors import FlightLogError
        from wm_robot.data.flight.log import FlightLog
        from tests_sample import TOPICS, sample
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        log = FlightLog(Path(sys.argv[1]), TOPICS, {}, flush_period_s=0.0)
        i = 0
        while not log.problem:
            log.write("/sample", i, sample(i))
            i += 1
        log.write("/sample", i, sample(i))
        assert log.lost[-1].reason == log.problem, log.lost
        try:
            log.close()
        except FlightLogError as error:
            print(error)
    """
    done = run_child(tmp_path, code)
    assert "File too large" in done.stdout, done.stderr
    indices = [r.message.index for r in read_flight(tmp_path / "flight.mcap", TOPICS)]
    assert indices == list(range(len(indices)))
    assert indices


def test_a_killed_process_leaves_a_log_that_both_readers_open(tmp_path):
    code = """
        import itertools, sys, time
        from pathlib import Path
        from wm_robot.data.flight.log import FlightLog
        from tests_sample import TOPICS, sample
        log = FlightLog(Path(sys.argv[1]), TOPICS, {"seed": "3"}, flush_period_s=0.02)
        for i in itertools.count():
            log.write("/sample", i, sample(i))
            time.sleep(0.001)
    """
    path = tmp_path / "flight.mcap"
    child = start_child(tmp_path, code)
    try:
        while not path.exists() or path.stat().st_size < 20_000:
            assert child.poll() is None
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert not is_whole(path)
    assert read_metadata(path) == {"seed": "3"}
    records = list(read_flight(path, TOPICS))
    assert len(records) > 20
    for i, record in enumerate(records):
        assert record.message.index == i
        assert record.message.q.tobytes() == sample(i).q.tobytes()
    seen = []
    with open(path, "rb") as file, suppress(Exception):  # its way to say that the file just ends
        for _, _, message in NonSeekingReader(file).iter_messages(log_time_order=False):
            seen.append(message.log_time)
    assert seen[: len(records)] == [record.stamp_ns for record in records]


def test_a_log_cut_at_any_byte_opens_up_to_its_last_whole_chunk(tmp_path):
    write_log(tmp_path / "flight.mcap", 2, flush_period_s=0.0)  # one chunk a message
    path = tmp_path / "flight.mcap"
    counts = []
    for length in range(path.stat().st_size, 7, -1):  # 8 bytes say that it is an MCAP file
        os.truncate(path, length)
        records = list(read_flight(path, TOPICS))
        counts.append(len(records))
        assert [r.stamp_ns for r in records] == [0, 1, 1000, 1001][: len(records)]
        assert not is_whole(path) or len(records) == 4
    # Each message goes with its chunk, and none comes back.
    assert counts == sorted(counts, reverse=True)
    assert set(counts) == set(range(5))


def test_zeros_at_the_end_as_a_power_failure_leaves_them_are_no_records(tmp_path):
    write_log(tmp_path / "flight.mcap", 2, flush_period_s=0.0)
    whole = (tmp_path / "flight.mcap").read_bytes()
    (tmp_path / "flight.mcap").write_bytes(whole[: len(whole) * 2 // 3] + bytes(4096))
    assert [r.stamp_ns for r in read_flight(tmp_path / "flight.mcap", TOPICS)][:1] == [0]


def test_a_damaged_byte_is_an_error_and_no_wrong_number(tmp_path):
    write_log(tmp_path / "flight.mcap", 30)
    content = bytearray((tmp_path / "flight.mcap").read_bytes())
    content[len(content) // 3] ^= 0x10
    (tmp_path / "flight.mcap").write_bytes(content)
    with pytest.raises(FlightLogError, match="is damaged"):
        list(read_flight(tmp_path / "flight.mcap", TOPICS))


def test_a_log_that_is_there_already_is_not_overwritten(tmp_path):
    write_log(tmp_path / "flight.mcap", 1)
    with pytest.raises(FlightLogError, match="File exists"):
        FlightLog(tmp_path / "flight.mcap", TOPICS, {})


def test_a_file_that_is_no_log_is_refused(tmp_path):
    with pytest.raises(FlightLogError, match="No such file"):
        list(read_flight(tmp_path / "flight.mcap", TOPICS))
    (tmp_path / "flight.mcap").write_text("not a log")
    with pytest.raises(FlightLogError, match="is no MCAP file"):
        read_metadata(tmp_path / "flight.mcap")


def test_an_error_in_the_run_is_heard_before_one_of_its_log(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wm_robot.data.flight.log.os.fsync", full)
    with pytest.raises(WmrError, match="the arm is gone"), FlightLog(tmp_path / "a.mcap", TOPICS, {}):
        raise WmrError("the arm is gone")
    log = FlightLog(tmp_path / "b.mcap", TOPICS, {})
    with pytest.raises(FlightLogError, match=r"b.mcap is not whole: .*No space left"):
        log.close()


def start_child(folder, code):
    """Python running `code` with this file's messages as the module `tests_sample`."""
    (folder / "tests_sample.py").write_text(Path(__file__).read_text())
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), folder / "flight.mcap"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_child(folder, code):
    child = start_child(folder, code)
    out, err = child.communicate(timeout=60)
    return subprocess.CompletedProcess([], child.returncode, out, err)
