"""A snapshot comes back as it was written."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from wm_robot.core.errors import WmrError
from wm_robot.core.types import Goal
from wm_robot.runtime.watch import codec
from wm_robot.runtime.watch.snapshot import Snapshot


def assert_same(a: Any, b: Any) -> None:
    """Equal in every bit and in type."""
    if isinstance(a, np.ndarray):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    elif dataclasses.is_dataclass(a):
        assert type(a) is type(b)
        for field in dataclasses.fields(a):
            assert_same(getattr(a, field.name), getattr(b, field.name))
    elif isinstance(a, Mapping):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, float):
        assert isinstance(b, float)
        assert a.hex() == b.hex()
    else:
        assert (type(a), a) == (type(b), b)


def test_every_bit_and_type_comes_back(make_snapshot):
    before = make_snapshot()

    assert_same(before, Snapshot.decode(before.encode()))


def test_all_that_may_be_missing_may_be_missing(make_snapshot):
    goal = Goal(images={"front": np.zeros((2, 2, 3), np.uint8)})
    before = make_snapshot(goal=goal, decision=None, simulation=None)

    assert_same(before, Snapshot.decode(before.encode()))


def test_a_warm_start_and_a_latent_goal_come_back(make_snapshot, make_belief):
    made = make_snapshot()
    decision = dataclasses.replace(made.decision, warm_start=make_belief())
    before = dataclasses.replace(made, decision=decision, goal=Goal(latent=np.arange(3.0)))

    assert_same(before, Snapshot.decode(before.encode()))


@pytest.mark.parametrize("cut", [0, 9, -5])
def test_other_bytes_are_refused_in_words(make_snapshot, cut):
    with pytest.raises(WmrError, match="bytes that are no Snapshot"):
        Snapshot.decode(make_snapshot().encode()[:cut])


def test_what_cannot_be_written_is_refused_by_name():
    @dataclasses.dataclass
    class Odd:
        odd: object

    with pytest.raises(TypeError, match="odd is of type set"):
        codec.encode(Odd(odd={1}))
