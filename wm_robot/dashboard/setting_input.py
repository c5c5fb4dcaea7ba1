"""A setting as something that can be moved, typed or chosen."""

import math
from typing import Any

from wm_robot.runtime.settings import Setting

REACH = 4.0
"""A slider goes up to this times the present value, where the bounds are far off."""

LEAST_REACH = {int: 10.0, float: 1.0}
REACH_MS = 200.0
STEPS = 1000


def add_input(gui: Any, setting: Setting, label: str) -> Any:
    """Add what fits the setting to the GUI, with its unit, its help and what is valid as the hint."""
    label = f"{label} ({setting.unit})" if setting.unit else label
    hint = f"{setting.help} Valid: {setting.valid}."
    if setting.choices:
        return gui.add_dropdown(label, setting.choices, initial_value=setting.default, hint=hint)
    if setting.type is bool:
        return gui.add_checkbox(label, initial_value=setting.default, hint=hint)
    if setting.bounds is None:
        return gui.add_text(label, initial_value=str(setting.default), hint=hint)
    low, high, step = slider_range(setting)
    return gui.add_slider(
        label, min=low, max=high, step=step, initial_value=setting.type(setting.default), hint=hint
    )


def slider_range(setting: Setting, value: Any = None) -> tuple[Any, Any, Any]:
    """Ends and step of a slider around a setting's value: bounds are generous, and a slider must be fine.

    Args:
        setting: with bounds.
        value: that must be within; the default when None.
    """
    assert setting.bounds is not None
    bounds, kind = setting.bounds, setting.type
    value = setting.default if value is None else value
    least = REACH_MS if setting.unit == "ms" else LEAST_REACH[kind]
    high = min(bounds.high, max(least, round_up(REACH * value)))
    if kind is int:
        return int(bounds.low), int(high), 1
    step = 10.0 ** math.floor(math.log10(high / STEPS) + 1e-9)
    low = bounds.low + (step if bounds.low in bounds.excluded else 0.0)
    high -= step if high in bounds.excluded else 0.0
    return min(low, value), max(high, value), step


def round_up(value: float) -> float:
    """The next number that is 1, 2 or 5 times a power of ten."""
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-9))


def keep_up(handle: Any, setting: Setting, value: Any) -> None:
    """Show another value, with a range that it fits into."""
    if setting.bounds is not None and not setting.choices:
        if not handle.min <= value <= handle.max:
            handle.min, handle.max, handle.step = slider_range(setting, value)
        value = setting.type(value)
    handle.value = value


def widen(handle: Any, setting: Setting) -> None:
    """Let a slider go further than its present value, as far as is valid."""
    handle.min, handle.max, handle.step = slider_range(setting, handle.value)
