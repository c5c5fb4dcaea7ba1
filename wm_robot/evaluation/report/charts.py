"""Line charts and histograms as SVG; colours come from the page's style sheet, light or dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray

WIDTH, HEIGHT = 480, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 40
N_TICKS = 5


@dataclass(frozen=True, kw_only=True)
class Axes:
    """Data range and labels of a chart; both axes start at 0 or include it."""

    x_label: str
    y_label: str
    x_max: float
    y_max: float

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * value / self.x_max

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.y_max

    def svg(self, content: str, title: str) -> str:
        grid = [
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(v):.1f}" y2="{self.y(v):.1f}"/>'
            f'<text x="{LEFT - 8}" y="{self.y(v) + 4:.1f}" text-anchor="end">{v:g}</text>'
            for v in ticks(self.y_max)
        ]
        below = [
            f'<text x="{self.x(v):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{v:g}</text>'
            for v in ticks(self.x_max)
        ]
        return (
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
            f"<title>{escape(title)}</title>{''.join(grid)}{''.join(below)}{content}"
            f'<text class="label" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">'
            f"{escape(self.x_label)}</text></svg>"
        )


def ticks(maximum: float) -> list[float]:
    """About five round numbers from 0 to `maximum`: multiples of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(maximum / N_TICKS))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= maximum / N_TICKS * (1 - 1e-9))
    return [round(i * step, 10) for i in range(int(maximum / step * (1 + 1e-9)) + 1)]


def line_chart(
    curves: Sequence[ArrayLike],
    *,
    dt: float,
    x_label: str,
    y_label: str,
    highlight: int,
    limit: float | None = None,
) -> str:
    """Curves over time; number `highlight` is drawn in colour over the others in grey.

    Args:
        curves: values (T,) each, not negative, sampled every `dt`.
        limit: a dashed horizontal line, such as a tolerance.
    """
    arrays = [np.asarray(curve, dtype=np.float64) for curve in curves]
    axes = Axes(
        x_label=x_label,
        y_label=y_label,
        x_max=dt * max(max(len(a) for a in arrays) - 1, 1),
        y_max=_above(max(float(a.max()) for a in arrays)),
    )
    order = [i for i in range(len(arrays)) if i != highlight] + [highlight]
    content = "".join(
        f'<polyline class="{style}" points="{_points(axes, arrays[i], dt)}"/>'
        for i in order
        for style in ("curve" if i == highlight else "other",)
    )
    if limit is not None:
        y = f"{axes.y(limit):.1f}"
        content += f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
    return axes.svg(content, f"{y_label} over {x_label}")


def histogram(values: ArrayLike, *, x_label: str, limit: float | None = None, bins: int = 30) -> str:
    """How often values occur, from 0 to a little above the largest; `limit` is a dashed vertical line."""
    array = np.asarray(values, dtype=np.float64)
    x_max = _above(max(float(array.max()), limit or 0.0))
    counts, edges = np.histogram(array, bins=bins, range=(0.0, x_max))
    axes = Axes(x_label=x_label, y_label="plans", x_max=x_max, y_max=_above(float(counts.max())))
    content = "".join(
        f'<rect class="bar" x="{axes.x(lo) + 0.5:.1f}" width="{axes.x(hi) - axes.x(lo) - 1:.1f}" '
        f'y="{axes.y(n):.1f}" height="{axes.y(0) - axes.y(n):.1f}"/>'
        for n, lo, hi in zip(counts, edges[:-1], edges[1:], strict=True)
        if n
    )
    if limit is not None:
        x = f"{axes.x(limit):.1f}"
        content += f'<line class="limit" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
    return axes.svg(content, f"histogram of {x_label}")


def interval(rate: float, low: float, high: float) -> str:
    """A rate between 0 and 1 as a dot on a line that spans its interval."""
    width, height = 200, 18
    x = [6 + (width - 12) * v for v in (low, high, rate)]
    return (
        f'<svg class="interval" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{rate:.0%}, interval {low:.0%} to {high:.0%}">'
        f'<line class="grid" x1="6" x2="{width - 6}" y1="9" y2="9"/>'
        f'<line class="whisker" x1="{x[0]:.1f}" x2="{x[1]:.1f}" y1="9" y2="9"/>'
        f'<circle class="dot" cx="{x[2]:.1f}" cy="9" r="5"/></svg>'
    )


def _points(axes: Axes, values: FloatArray, dt: float) -> str:
    return " ".join(f"{axes.x(i * dt):.1f},{axes.y(float(v)):.1f}" for i, v in enumerate(values))


def _above(maximum: float) -> float:
    """The end of an axis: a little above the largest value, and never 0."""
    return 1.05 * maximum if maximum > 0 else 1.0
