"""Charts of the page as SVG within HTML, for `cards`."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray
from wm_robot.dashboard.axes import HEIGHT, LEFT, RIGHT, WIDTH, Axes
from wm_robot.dashboard.colours import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, Colour, css

SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, BLACK)
"""For the lines of one chart, in this order; vermilion means a limit or a problem."""


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
    axes = Axes.around(
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
    axes = Axes.around(edges, np.append(counts.astype(float), 0.0), log_x=False)
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


def _curve(axes: Axes, x: FloatArray, y: FloatArray, colour: str, *, dashed: bool, dots: bool) -> str:
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
