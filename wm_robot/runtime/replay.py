"""Repeats the decisions of a run from its flight log, and says where they differ."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from pathlib import Path
from typing import Any, Protocol

from wm_robot.core.registry import Registry
from wm_robot.data.flight.message_type import MessageType
from wm_robot.data.flight.reader import Record, read_flight
from wm_robot.runtime.flight_messages import INPUTS, OUTPUTS, TOPICS, CycleInputs, CycleOutputs
from wm_robot.runtime.run_metadata import RunMetadata

NOTHING = "nothing"


class Repeater(Protocol):
    """A control pipeline as it was at the start of a run.

    The control loop calls the same `step` that a replay calls, with inputs it has just read and logged;
    what it returns depends on nothing but its arguments so far.
    """

    def step(self, inputs: CycleInputs) -> CycleOutputs: ...


PIPELINES: Registry[Callable[[RunMetadata], Repeater]] = Registry("pipeline")
"""What can be repeated: a function that builds the pipeline of a run from its metadata, by name."""
PIPELINES.add("arm", "wm_robot.runtime.control.pipeline:rebuild")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value that came out otherwise.

    Args:
        topic: of the message.
        stamp_ns: of the message.
        field: path within the message, such as "wanted[2]"; "" where the whole message is missing.
        logged: the value in the log as Python writes it; "nothing" where there is none.
        repeated: the value as repeated.
    """

    topic: str
    stamp_ns: int
    field: str
    logged: str
    repeated: str


def differences(logged: Iterable[Record], repeated: Iterable[Record]) -> Iterator[Difference]:
    """Every value in which two sequences of records differ, bit for bit; one NaN is like another.

    Where one sequence lacks a stamp that the other has, the sequences are compared on from there.

    Args:
        logged: in the order of their stamps.
        repeated: likewise.
    """
    left, right = iter(logged), iter(repeated)
    a, b = next(left, None), next(right, None)
    while a or b:
        if b is None or (a is not None and a.stamp_ns < b.stamp_ns):
            assert a is not None
            yield _missing(a, logged="a message", repeated=NOTHING)
            a = next(left, None)
        elif a is None or b.stamp_ns < a.stamp_ns:
            yield _missing(b, logged=NOTHING, repeated="a message")
            b = next(right, None)
        else:
            yield from _message_differences(a, b)
            a, b = next(left, None), next(right, None)


def repetition(path: Path, repeater: Repeater) -> Iterator[Difference]:
    """Runs every cycle of the log `path` again and yields what came out otherwise.

    Inputs after the last logged outputs are left alone: their cycle was not finished.

    Raises:
        FlightLogError, WmrError: as `read_flight`.
    """
    logged_at = [record.stamp_ns for record in read_flight(path, {OUTPUTS: TOPICS[OUTPUTS]})]
    end_ns = logged_at[-1] if logged_at else -1
    inputs = read_flight(path, {INPUTS: TOPICS[INPUTS]})
    finished = takewhile(lambda record: record.stamp_ns <= end_ns, inputs)
    repeated = (
        Record(topic=OUTPUTS, stamp_ns=record.stamp_ns, message=repeater.step(record.message))
        for record in finished
    )
    return differences(read_flight(path, {OUTPUTS: TOPICS[OUTPUTS]}), repeated)


def _missing(record: Record, *, logged: str, repeated: str) -> Difference:
    return Difference(
        topic=record.topic, stamp_ns=record.stamp_ns, field="", logged=logged, repeated=repeated
    )


def _message_differences(logged: Record, repeated: Record) -> Iterator[Difference]:
    kind = MessageType(type(logged.message))
    if kind.encode(logged.message) == kind.encode(repeated.message):
        return
    theirs, ours = kind.plain(logged.message), kind.plain(repeated.message)
    for field, was, came in _leaves("", theirs, ours):
        yield Difference(topic=logged.topic, stamp_ns=logged.stamp_ns, field=field, logged=was, repeated=came)


def _leaves(path: str, was: Any, came: Any) -> Iterator[tuple[str, str, str]]:
    """Path and both values of each place in which two plain messages differ."""
    if isinstance(was, dict) and isinstance(came, dict):
        for key in was | came:
            yield from _leaves(f"{path}.{key}".lstrip("."), was.get(key, _ABSENT), came.get(key, _ABSENT))
    elif isinstance(was, list) and isinstance(came, list):
        for i, (x, y) in enumerate(zip_longest(was, came, fillvalue=_ABSENT)):
            yield from _leaves(f"{path}[{i}]", x, y)
    elif repr(was) != repr(came):  # the repr of a float is as exact as its bits, and tells -0.0 from 0.0
        yield path, repr(was), repr(came)


class _Absent:
    def __repr__(self) -> str:
        return NOTHING


_ABSENT = _Absent()
