"""Charts of the page as SVG within HTML: viser stacks its own charts, while these stand side by side."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray
from wm_robot.dashboard.colours import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, Colour
from wm_robot.evaluation.report.charts import N_TICKS

SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, BLACK)
"""For the lines of one chart, in this order; vermilion means a limit or a problem."""

WIDTH, HEIGHT = 320, 180
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 8, 30
NARROWEST_PX = 270
LONGEST = 7
"""Characters of a number, some 6 wide each, that fit beside an axis."""


def css(colour: Colour) -> str:
    """Such as "#0072b2"."""
    return f"#{bytes(colour).hex()}"


STYLE = (
    "<style>"
    f".wm{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,{NARROWEST_PX}px),1fr));"
    "gap:10px 18px;padding:8px 12px;font:13px/1.35 system-ui,sans-serif;font-variant-numeric:tabular-nums}"
    ".wm figure{margin:0;min-width:0}.wm figcaption{font-weight:600;margin-bottom:2px}"
    ".wm svg{display:block;width:100%;height:auto}.wm svg text{font-size:11px;fill:currentColor}"
    ".wm .keys{display:flex;flex-wrap:wrap;gap:1px 10px;margin:1px 0 0;font-size:12px}"
    ".wm .keys i,.wm .key{display:inline-block;width:14px;height:0;margin-right:5px;"
    "vertical-align:middle;border-top:3px solid}.wm .key{border-top-width:10px;width:12px}"
    ".wm .wide{grid-column:1/-1}.wm p{margin:0 0 4px}.wm table{border-collapse:collapse;width:100%}"
    ".wm td,.wm th{padding:1px 8px 1px 0;text-align:left;font-weight:400}"
    ".wm td+td,.wm th+th{text-align:right}.wm td+td{white-space:nowrap}"
    ".wm img{display:block;width:100%;image-rendering:pixelated}"
    f".wm .bad{{color:{css(VERMILION)};font-weight:600}}.wm .quiet{{opacity:.75}}"
    "</style>"
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a chart.

    Args:
        label: in the legend.
        x, y: (N,); where y is not finite, the line has a gap.
        colour: None takes the next of `SERIES`.
        dots: whether each point has a dot: for few points.
        dashed: whether it is dashed.
    """

    label: str
    x: ArrayLike
    y: ArrayLike
    colour: Colour | None = None
    dots: bool = False
    dashed: bool = False


def cards(*contents: str) -> str:
    """Contents side by side, as many in a row as fit."""
    return STYLE + f'<div class="wm">{"".join(contents)}</div>'


def note(text: str, *, bad: bool = False) -> str:
    """A line of text over the whole width."""
    return f'<p class="wide{" bad" if bad else ""}">{escape(text)}</p>'


def table(title: str, rows: Sequence[Sequence[str]], *, head: Sequence[str] = ()) -> str:
    """Rows of texts; the first column is aligned left, the others right."""
    top = f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>" if head else ""
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<figure><figcaption>{escape(title)}</figcaption><table>{top}{body}</table></figure>"


def chart(
    title: str,
    lines: Sequence[Line],
    *,
    x_label: str,
    limit: float | None = None,
    limit_label: str = "",
    low: float | None = 0.0,
    high: float | None = None,
    log_x: bool = False,
) -> str:
    """Lines over a common axis.

    Args:
        title: what y is, with its unit.
        lines: drawn in order; none or empty ones leave a chart that says so.
        x_label: what x is, with its unit.
        limit: a dashed horizontal line.
        limit_label: what it is.
        low, high: ends that the y axis reaches at least; None for as far as the data go.
        log_x: whether x, then above 0, is drawn by its logarithm.
    """
    colours = [css(line.colour or SERIES[i % len(SERIES)]) for i, line in enumerate(lines)]
    curves = [(np.asarray(line.x, float), np.asarray(line.y, float)) for line in lines]
    shown = [(x[np.isfinite(y)], y[np.isfinite(y)]) for x, y in curves]
    if not any(len(x) for x, _ in shown):
        return _figure(title, _svg(title, _middle("nothing to show yet")), [])
    if log_x:
        curves = [(np.log10(x), y) for x, y in curves]
        shown = [(np.log10(x), y) for x, y in shown]
    ends = [e for e in (low, high, limit) if e is not None]
    axes = _Axes.around(
        np.concatenate([x for x, _ in shown]), np.concatenate([*(y for _, y in shown), ends]), log_x
    )
    content = axes.grid(x_label)
    for line, colour, (x, y) in zip(lines, colours, curves, strict=True):
        content += _curve(axes, x, y, colour, dashed=line.dashed, dots=line.dots)
    keys = [(line.label, colour, line.dashed) for line, colour in zip(lines, colours, strict=True)]
    if limit is not None:
        y = f"{axes.y(limit):.1f}"
        content += (
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="{css(VERMILION)}" '
            'stroke-width="1.5" stroke-dasharray="5 4"/>'
        )
        keys.append((limit_label, css(VERMILION), True))
    return _figure(title, _svg(title, content), keys)


def histogram(title: str, values: ArrayLike, *, x_label: str, bins: int = 30) -> str:
    """How often values, not negative, occur."""
    array = np.asarray(values, float)
    if not len(array):
        return chart(title, (), x_label=x_label)
    counts, edges = np.histogram(array, bins=bins, range=(0.0, 1.05 * float(array.max()) or 1.0))
    axes = _Axes.around(edges, np.append(counts.astype(float), 0.0), log_x=False)
    bars = "".join(
        f'<rect x="{axes.x(a) + 0.5:.1f}" width="{max(axes.x(b) - axes.x(a) - 1, 0.5):.1f}" '
        f'y="{axes.y(n):.1f}" height="{axes.y(0) - axes.y(n):.1f}" fill="{css(BLUE)}"/>'
        for n, a, b in zip(counts, edges[:-1], edges[1:], strict=True)
        if n
    )
    return _figure(title, _svg(title, axes.grid(x_label) + bars), [])


def shares(title: str, parts: Sequence[tuple[str, float]], unit: str = "") -> str:
    """Parts of a whole, not negative, as one bar; each with its share and its amount."""
    whole = sum(amount for _, amount in parts)
    if whole <= 0:
        return _figure(title, _svg(title, _middle("nothing to share")), [])
    at, bar = 0.0, ""
    for i, (_, amount) in enumerate(parts):
        bar += (
            f'<rect x="{at:.2f}%" width="{100 * amount / whole:.2f}%" height="22" '
            f'fill="{css(SERIES[i % len(SERIES)])}"/>'
        )
        at += 100 * amount / whole
    rows = "".join(
        f'<tr><td><i class="key" style="border-top-color:{css(SERIES[i % len(SERIES)])}"></i>{escape(name)}'
        f"</td><td>{amount / whole:.0%}</td><td>{amount:.3g}{escape(unit)}</td></tr>"
        for i, (name, amount) in enumerate(parts)
    )
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg height="22" style="height:22px" role="img" aria-label="{escape(title)}">{bar}</svg>'
        f"<table>{rows}</table></figure>"
    )


@dataclass(frozen=True, kw_only=True)
class _Axes:
    """The ranges of a chart; where x is drawn by its logarithm, these are logarithms."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log_x: bool

    @classmethod
    def around(cls, x: FloatArray, y: FloatArray, log_x: bool) -> "_Axes":
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
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.x_low) / (self.x_high - self.x_low)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - self.y_low) / (self.y_high - self.y_low)

    def grid(self, x_label: str) -> str:
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


def _curve(axes: _Axes, x: FloatArray, y: FloatArray, colour: str, *, dashed: bool, dots: bool) -> str:
    style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"'
    style += ' stroke-dasharray="4 3"' if dashed else ""
    finite = np.isfinite(y)
    runs = np.split(np.arange(len(y)), np.flatnonzero(~finite))
    paths = ""
    for run in runs:
        points = [f"{axes.x(float(x[i])):.1f},{axes.y(float(y[i])):.1f}" for i in run if finite[i]]
        paths += f'<polyline points="{" ".join(points)}" {style}/>' if len(points) > 1 else ""
    if dots or finite.sum() == 1:
        paths += "".join(
            f'<circle cx="{axes.x(float(x[i])):.1f}" cy="{axes.y(float(y[i])):.1f}" r="2.8" fill="{colour}"/>'
            for i in np.flatnonzero(finite)
        )
    return paths


def _figure(title: str, svg: str, keys: Sequence[tuple[str, str, bool]]) -> str:
    legend = "".join(
        f'<span><i style="border-top-color:{colour};border-top-style:{"dashed" if dashed else "solid"}"></i>'
        f"{escape(label)}</span>"
        for label, colour, dashed in keys
    )
    return f'<figure><figcaption>{escape(title)}</figcaption>{svg}<div class="keys">{legend}</div></figure>'


def _svg(title: str, content: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{content}</svg>'


def _middle(text: str) -> str:
    return f'<text x="{WIDTH / 2}" y="{HEIGHT / 2}" text-anchor="middle" opacity="0.75">{escape(text)}</text>'


def _digits(value: float) -> str:
    plain = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return plain if len(plain) <= LONGEST else f"{value:.1e}"
