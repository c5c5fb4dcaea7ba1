"""Every number of a logged message comes back bit for bit."""

import json
import struct
from dataclasses import dataclass, make_dataclass
from enum import StrEnum
from math import copysign, inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.data.flight.codec import FloatMatrix
from wm_robot.data.flight.message_type import MessageType


@dataclass(frozen=True, kw_only=True)
class Part:
    x: float
    name: str = "part"


@dataclass(frozen=True, kw_only=True)
class Whole:
    stamp_ns: int
    real: float
    ok: bool
    text: str
    vector: FloatArray
    matrix: FloatMatrix
    parts: tuple[Part, ...] = ()
    maybe: float | None = 1.0


WHOLE = MessageType(Whole)
FLOATS = st.floats(width=64)  # NaN, infinities, -0.0 and subnormals among them


def bits(value: float) -> bytes:
    return b"NaN" if isnan(value) else struct.pack("<d", value)


def array_bits(values: np.ndarray) -> tuple:
    return values.dtype, values.shape, [bits(value) for value in values.ravel().tolist()]


@given(
    stamp_ns=st.integers(-(2**70), 2**70),
    real=FLOATS,
    ok=st.booleans(),
    text=st.text(st.characters()),
    vector=arrays(np.float64, st.integers(0, 9), elements=FLOATS),
    matrix=arrays(np.float64, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=5), elements=FLOATS),
    parts=st.lists(st.builds(Part, x=FLOATS, name=st.text()), max_size=3).map(tuple),
    maybe=st.none() | FLOATS,
)
def test_a_message_comes_back_bit_for_bit(**fields):
    message = Whole(**fields)
    data = WHOLE.encode(message)
    back = WHOLE.decode(data)
    assert (back.stamp_ns, back.ok, back.text) == (message.stamp_ns, message.ok, message.text)
    assert bits(back.real) == bits(message.real)
    assert array_bits(back.vector) == array_bits(message.vector)
    assert array_bits(back.matrix) == array_bits(message.matrix)
    assert [(bits(p.x), p.name) for p in back.parts] == [(bits(p.x), p.name) for p in message.parts]
    assert (back.maybe is None) == (message.maybe is None)
    assert back.maybe is None or bits(back.maybe) == bits(message.maybe)
    assert WHOLE.encode(back) == data


@given(x=FLOATS, y=FLOATS)
def test_messages_are_encoded_alike_exactly_when_their_bits_are_equal(x, y):
    kind = MessageType(Part)
    assert (kind.encode(Part(x=x)) == kind.encode(Part(x=y))) == (bits(x) == bits(y))


def test_what_json_has_no_numbers_for_is_named_so_that_any_json_reader_goes_on():
    data = MessageType(Whole).encode(example(vector=np.array([nan, inf, -inf, -0.0])))

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    plain = json.loads(data, parse_constant=refuse)
    assert plain["vector"][:3] == ["NaN", "Infinity", "-Infinity"]
    assert copysign(1, plain["vector"][3]) == -1


def test_a_text_that_reads_like_a_number_stays_a_text():
    assert WHOLE.decode(WHOLE.encode(example(text="NaN"))).text == "NaN"


def test_an_enumeration_of_texts_is_logged_as_its_text():
    kind = MessageType(Part)
    state = StrEnum("State", ["LATCHED"]).LATCHED
    assert kind.decode(kind.encode(Part(x=0.0, name=state))).name == "latched"


def test_what_is_none_is_left_out_and_comes_back_as_none_whatever_the_default():
    data = WHOLE.encode(example(maybe=None))
    assert "maybe" not in json.loads(data)
    assert WHOLE.decode(data).maybe is None


def test_a_field_that_an_older_log_lacks_takes_its_default():
    assert MessageType(Part).decode(b'{"x": 1.5}') == Part(x=1.5, name="part")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"vector": np.zeros(2, np.float32)}, r"Whole.vector: a float32 array of shape \(2,\)"),
        ({"vector": np.zeros((2, 2))}, r"Whole.vector: a float64 array of shape \(2, 2\)"),
        ({"matrix": np.zeros(2)}, "Whole.matrix: .* with 2 axes"),
        ({"real": np.float32(1)}, "Whole.real: a float32"),
        ({"real": None}, "Whole.real: a NoneType"),
        ({"stamp_ns": True}, "Whole.stamp_ns: a bool"),
        ({"stamp_ns": np.int64(1)}, "Whole.stamp_ns: a int64"),
        ({"text": b"x"}, "Whole.text: a bytes"),
        ({"parts": (Part(x="1"),)}, "Whole.parts: Part.x: a str"),
        ({"parts": (None,)}, "Whole.parts: Part.x: 'NoneType'"),
    ],
)
def test_a_value_that_would_not_come_back_the_same_is_refused_with_its_field(fields, complaint):
    with pytest.raises(WmrError, match=complaint):
        WHOLE.encode(example(**fields))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"{}", "Part lacks x"),
        (b'{"x": 1.0, "colour": 1}', "Part has no colour; valid: x, name"),
        (b'{"x": [1]}', "float"),
        (b'{"x": 1.0, "name": 1}', "must be of type str"),
        (b"[]", "no wm_robot.Part"),
        (b"{", "no wm_robot.Part"),
    ],
)
def test_a_message_of_another_version_is_refused(data, complaint):
    with pytest.raises(WmrError, match=complaint):
        MessageType(Part).decode(data)


def test_a_type_that_cannot_be_logged_is_refused_before_the_run():
    with pytest.raises(WmrError, match=r"dict.*valid: "):
        MessageType(make_dataclass("Bad", [("x", dict)]))


def test_the_schema_is_one_that_foxglove_can_plot():
    # Its reader knows one type a field, no nested arrays and no null, and an object at the root.
    def check(schema):
        assert schema["type"] in ("object", "array", "number", "integer", "string", "boolean")
        if schema["type"] == "object":
            for entry in schema["properties"].values():
                check(entry)
        if schema["type"] == "array":
            assert schema["items"]["type"] != "array"
            check(schema["items"])

    schema = json.loads(WHOLE.schema)
    check(schema)
    assert schema["type"] == "object"
    assert schema["required"] == ["stamp_ns", "real", "ok", "text", "vector", "matrix"]


def example(**changes) -> Whole:
    fields = {
        "stamp_ns": 1,
        "real": 0.5,
        "ok": True,
        "text": "",
        "vector": np.zeros(2),
        "matrix": np.zeros((2, 3)),
    }
    return Whole(**fields | changes)
