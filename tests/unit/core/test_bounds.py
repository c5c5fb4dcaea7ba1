"""Bounds of settings, said where the setting is declared."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from wm_robot.core.bounds import Bounds, check_fields, field_types, unit_of
from wm_robot.core.errors import UnknownNameError, WmrError


@dataclass(frozen=True, kw_only=True)
class Oven:
    """A thing with settings."""

    heat_ms: Annotated[float, Bounds(0.0, 2.5, excluded=(0.0,))] = 1.0
    trays: Annotated[int, Bounds(1, 70_000)] | None = None
    fan: Literal["on", "off"] = "off"
    marks: tuple[Annotated[float, Bounds(-1.0, 1.0)], ...] = ()

    def __post_init__(self) -> None:
        check_fields(self, "oven")


def test_valid_values_pass_at_the_very_ends_and_none_where_it_may_be():
    Oven(heat_ms=2.5, trays=70_000, fan="on", marks=(-1.0, 1.0))
    Oven(trays=None)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"heat_ms": 0.0}, "oven heat_ms is 0.0; valid: above 0, at most 2.5 ms"),
        ({"heat_ms": float("nan")}, "oven heat_ms is nan; valid: above 0, at most 2.5 ms"),
        ({"trays": 0}, "oven trays is 0; valid: 1 to 70000"),
        ({"fan": "of"}, "unknown oven fan 'of'; valid: off, on"),
        ({"marks": (0.0, 2.0)}, "oven marks is (0.0, 2.0); valid: -1 to 1"),
    ],
)
def test_anything_else_is_refused_with_what_was_given_and_what_is_valid(fields, message):
    with pytest.raises(WmrError) as refused:
        Oven(**fields)
    assert str(refused.value) == message
    assert isinstance(refused.value, UnknownNameError) == ("fan" in fields)


def test_words_say_which_ends_are_excluded():
    assert Bounds(0, 1).words() == "0 to 1"
    assert Bounds(0, 1, excluded=(0,)).words("m") == "above 0, at most 1 m"
    assert Bounds(0, 1, excluded=(1,)).words() == "at least 0, below 1"
    assert Bounds(0, 1, "1/s", excluded=(0, 1)).words("m") == "above 0, below 1 1/s"


def test_the_unit_is_the_end_of_the_name_unless_the_bounds_say_another():
    assert unit_of("budget_ms") == "ms"
    assert unit_of("max_speed_rad_s") == "rad/s"
    assert unit_of("rate_hz") == "Hz"
    assert unit_of("samples") == ""
    assert unit_of("noise", Bounds(0, 1, "half ranges")) == "half ranges"


def test_annotations_are_taken_apart():
    kinds = field_types(Oven)
    assert (kinds["trays"].base, kinds["trays"].optional) == (int, True)
    assert (kinds["fan"].base, kinds["fan"].choices) == (str, ("on", "off"))
    assert (kinds["marks"].base, kinds["marks"].many) == (float, True)
