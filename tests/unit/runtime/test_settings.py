"""Dataclasses of settings, read and changed by dotted names."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import pytest
from wm_controllers.filters.safety_config import SafetyConfig
from wm_hardware.ros_dds import RosDdsConfig

from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.planners.icem import ICEMConfig
from wm_robot.planners.planner import PlannerConfig
from wm_robot.robots import Box
from wm_robot.robots.limits import WatchdogLimits
from wm_robot.runtime.settings import docs_of, settings_of, with_changes


@dataclass(frozen=True, kw_only=True)
class Lens:
    """What a lens is.

    Args:
        focus_m: where it is sharp; a second
            line, with a colon: and more.
        kind: of glass.

    Raises:
        kind: is no argument.
    """

    focus_m: Annotated[float, Bounds(0.1, 9.0)] = 1.0
    kind: Literal["flint", "crown"] = "crown"

    def __post_init__(self) -> None:
        check_fields(self, "lens")
        if self.kind == "flint" and self.focus_m > 5:
            raise WmrError(f"a flint lens is sharp up to 5 m, not at {self.focus_m} m")


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A camera.

    Args:
        shots: number of pictures.
        lens: in front.
        names: of the pictures.
        gain: None for automatic.
    """

    shots: Annotated[int, Bounds(1, 9)] = 1
    lens: Lens = field(default_factory=Lens)
    names: tuple[str, ...] = ()
    gain: float | None = None


def by_name(settings):
    return {setting.name: setting for setting in settings}


def test_settings_carry_name_type_default_bounds_unit_and_help():
    focus = by_name(settings_of(Camera, "left"))["left.lens.focus_m"]
    assert (focus.type, focus.default, focus.low, focus.high, focus.unit) == (float, 1.0, 0.1, 9.0, "m")
    assert focus.help == "where it is sharp; a second line, with a colon: and more."
    assert focus.valid == "a number, 0.1 to 9 m"


def test_the_defaults_are_those_of_the_instance():
    settings = by_name(settings_of(Camera(shots=3, lens=Lens(kind="flint"))))
    assert list(settings) == ["shots", "lens.focus_m", "lens.kind", "names", "gain"]
    assert (settings["shots"].default, settings["lens.kind"].default) == (3, "flint")
    assert settings["lens.kind"].choices == ("flint", "crown")


def test_fields_can_be_left_out_with_all_that_they_hold():
    assert [s.name for s in settings_of(Camera, without=("lens", "gain"))] == ["shots", "names"]
    assert "c.lens.kind" not in by_name(settings_of(Camera, "c", without=("lens.kind",)))


def test_changes_reach_nested_fields_and_leave_the_others():
    before = Camera(shots=3)
    after = with_changes(before, {"lens.focus_m": 2, "names": ["a", "b"], "gain": None})
    assert after == Camera(shots=3, lens=Lens(focus_m=2.0), names=("a", "b"))
    assert type(after.lens.focus_m) is float
    assert before == Camera(shots=3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"zoom": 1}, "unknown setting 'zoom'; valid: gain, lens.focus_m, lens.kind, names, shots"),
        ({"lens": Lens()}, "unknown setting 'lens'"),
        ({"shots": 10}, "shots is 10; valid: a whole number, 1 to 9"),
        ({"shots": 2.0}, "shots is 2.0; valid: a whole number"),
        ({"shots": True}, "shots is True; valid: a whole number"),
        ({"shots": None}, "shots is None; valid: a whole number"),
        ({"gain": "high"}, "gain is 'high'; valid: a number, or none"),
        ({"names": "abc"}, "names is 'abc'; valid: a list, each entry a text"),
        ({"names": ["a", 1]}, "names is ['a', 1]; valid: a list, each entry a text"),
        ({"lens.kind": "glass"}, "unknown lens.kind 'glass'; valid: crown, flint"),
        ({"lens.kind": "flint", "lens.focus_m": 8.0}, "a flint lens is sharp up to 5 m, not at 8.0 m"),
    ],
)
def test_a_change_that_is_not_valid_is_refused_with_what_is(changes, message):
    with pytest.raises(WmrError) as refused:
        with_changes(Camera(), changes)
    assert str(refused.value).startswith(message)


def test_two_values_that_fit_only_together_are_set_together():
    flint = Camera(lens=Lens(kind="flint"))
    assert with_changes(flint, {"lens.kind": "crown", "lens.focus_m": 8.0}).lens == Lens(focus_m=8.0)


def test_boxes_are_numbers():
    settings = by_name(settings_of(SafetyConfig(keep_out=(Box(low=(0, 0, 0), high=(1, 2, 3)),))))
    assert settings["keep_out"].default == (0, 0, 0, 1, 2, 3)
    assert settings["workspace"].default == ()
    numbers = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    changed = with_changes(SafetyConfig(), {"keep_out": numbers, "workspace": numbers[6:]})
    assert changed.keep_out == (Box(low=(0, 0, 0), high=(1, 1, 1)), changed.workspace)
    assert with_changes(changed, {"workspace": ()}).workspace is None
    with pytest.raises(WmrError, match="workspace has 12 numbers; valid: six numbers a box"):
        with_changes(SafetyConfig(), {"workspace": numbers})
    with pytest.raises(WmrError, match="keep_out has 7 numbers"):
        with_changes(SafetyConfig(), {"keep_out": numbers[:7]})


def test_only_arguments_are_taken_from_a_docstring():
    assert docs_of(Lens) == {
        "focus_m": "where it is sharp; a second line, with a colon: and more.",
        "kind": "of glass.",
    }


def test_a_type_that_no_person_can_write_is_a_defect():
    @dataclass(frozen=True)
    class Odd:
        table: dict[str, float] = field(default_factory=dict)

    with pytest.raises(TypeError, match=r"table is of type .*dict.* leave it out"):
        settings_of(Odd)


@pytest.mark.parametrize("cls", [PlannerConfig, ICEMConfig, SafetyConfig, WatchdogLimits, RosDdsConfig])
def test_every_setting_says_what_it_is(cls):
    settings = settings_of(cls, without=("network",))
    assert [s.name for s in settings if not s.help] == []
    assert with_changes(cls(), {s.name: s.default for s in settings}) == cls()


def test_unknown_names_are_a_kind_of_their_own():
    with pytest.raises(UnknownNameError):
        with_changes(Camera(), {"zoom": 1})
