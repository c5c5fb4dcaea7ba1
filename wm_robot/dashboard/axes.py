"""The axes of a chart: its size, where a value lies in it, and the numbers beside it."""

import math
from dataclasses import dataclass
from html import escape

from wm_robot.core.arrays import FloatArray
from wm_robot.evaluation.report.charts import N_TICKS

WIDTH, HEIGHT = 320, 180
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 8, 30
LONGEST = 7
"""Characters of a number, some 6 wide each, that fit beside an axis."""


@dataclass(frozen=True, kw_only=True)
class Axes:
    """The ranges of a chart; where x is drawn by its logarithm, these are logarithms."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log_x: bool

    @classmethod
    def around(cls, x: FloatArray, y: FloatArray, log_x: bool) -> "Axes":
        """Axes that hold the points (x, y), each (N,) and N at least 1."""
        x_low, x_high = float(x.min()), float(x.max())
        y_low, y_high = float(y.min()), float(y.max())
        margin = 0.05 * (y_high - y_low) or 0.05 * abs(y_high) or 1.0
        return cls(
            x_low=x_low,
            x_high=x_high if x_high > x_low else x_low + 1.0,
            y_low=y_low - (margin if y_low else 0.0),
            y_high=y_high + margin,
            log_x=log_x,
        )

    def x(self, value: float) -> float:
        """Pixels from the left edge of the chart."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.x_low) / (self.x_high - self.x_low)

    def y(self, value: float) -> float:
        """Pixels from the top edge of the chart."""
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - self.y_low) / (self.y_high - self.y_low)

    def grid(self, x_label: str) -> str:
        """Horizontal lines, the numbers of both axes, and what x is."""
        rows = "".join(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(v):.1f}" y2="{self.y(v):.1f}" '
            'stroke="currentColor" stroke-opacity="0.15"/>'
            f'<text x="{LEFT - 5}" y="{self.y(v) + 4:.1f}" text-anchor="end">{_digits(v)}</text>'
            for v in spaced(self.y_low, self.y_high)
        )
        columns = "".join(
            f'<text x="{min(self.x(v), WIDTH - 4 * len(digits)):.1f}" y="{HEIGHT - BOTTOM + 13}" '
            f'text-anchor="middle">{digits}</text>'
            for v in self._x_ticks()
            for digits in (_digits(10**v if self.log_x else v),)
        )
        label = (
            f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end" opacity="0.75">'
            f"{escape(x_label)}</text>"
        )
        return rows + columns + label

    def _x_ticks(self) -> list[float]:
        if not self.log_x:
            return [v for v in spaced(self.x_low, self.x_high) if self.x(v) < WIDTH - RIGHT + 1]
        decades = range(math.floor(self.x_low), math.ceil(self.x_high) + 1)
        found = [decade + math.log10(m) for decade in decades for m in (1, 2, 5)]
        return [v for v in found if self.x_low - 1e-9 <= v <= self.x_high + 1e-9]


def spaced(low: float, high: float) -> list[float]:
    """About five round numbers from `low` to `high`."""
    rough = (high - low) / N_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _digits(value: float) -> str:
    plain = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return plain if len(plain) <= LONGEST else f"{value:.1e}"
