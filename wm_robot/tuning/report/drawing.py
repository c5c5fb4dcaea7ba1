"""Shapes on a sheet, drawn as SVG for the page and as PNG for whoever wants a picture.

Lengths are in pixels of the SVG, x to the right and y downwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import cv2
import numpy as np

from wm_robot.evaluation.report.pictures import png

Ink = Literal["ink", "quiet", "rule", "model", "limit", "other"]

PAPER = (252, 252, 250)
INKS: dict[str, tuple[int, int, int]] = {
    "ink": (28, 29, 31),
    "quiet": (98, 102, 109),
    "rule": (220, 220, 214),
    "model": (0, 114, 178),
    "limit": (213, 94, 0),
    "other": (185, 188, 192),
}
"""RGB on paper, as in the report's style sheet, whose dark colours the SVG follows too."""

SCALE = 2
"""Pixels of the PNG for one of the SVG."""
FINER = 3
"""The PNG is drawn this much larger, and then averaged."""
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, kw_only=True)
class Line:
    """From (x, y) to (x2, y2)."""

    x: float
    y: float
    x2: float
    y2: float
    ink: Ink
    width: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A disc, or a ring where `hollow`; `tip` is shown while the mouse is on it."""

    x: float
    y: float
    radius: float
    ink: Ink
    hollow: bool = False
    tip: str = ""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A filled rectangle; x, y is its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    ink: Ink


@dataclass(frozen=True, kw_only=True)
class Text:
    """Written on the line y, from x on, to x or around it. ASCII alone, which every font has."""

    x: float
    y: float
    text: str
    ink: Ink = "quiet"
    anchor: Literal["start", "middle", "end"] = "start"
    size: float = 12.0


Shape = Line | Dot | Box | Text


def svg(shapes: Sequence[Shape], width: int, height: int, title: str, *, letters: float = 1.0) -> str:
    """An SVG element whose colours come from the page's style sheet; `letters` enlarges its texts."""
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(_element(shape, letters) for shape in shapes)}</svg>"
    )


def picture(shapes: Sequence[Shape], width: int, height: int) -> bytes:
    """A PNG file."""
    factor = SCALE * FINER
    sheet = np.full((height * factor, width * factor, 3), PAPER, np.uint8)
    for shape in shapes:
        _paint(sheet, shape, factor)
    small = cv2.resize(sheet, (width * SCALE, height * SCALE), interpolation=cv2.INTER_AREA)
    return png(np.asarray(small, np.uint8))


def _element(shape: Shape, letters: float) -> str:
    colour = f"var(--{shape.ink})"
    match shape:
        case Line():
            return (
                f'<line x1="{shape.x:.1f}" y1="{shape.y:.1f}" x2="{shape.x2:.1f}" y2="{shape.y2:.1f}" '
                f'style="stroke:{colour};stroke-width:{shape.width:g}"/>'
            )
        case Dot():
            look = f"fill:var(--paper);stroke:{colour};stroke-width:1.8" if shape.hollow else f"fill:{colour}"
            return (
                f'<circle cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius:g}" style="{look}">'
                f"<title>{escape(shape.tip)}</title></circle>"
            )
        case Box():
            return (
                f'<rect x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" '
                f'height="{shape.height:.1f}" style="fill:{colour}"/>'
            )
        case Text():
            return (
                f'<text x="{shape.x:.1f}" y="{shape.y:.1f}" text-anchor="{shape.anchor}" '
                f'style="fill:{colour};font-size:{shape.size * letters:g}px">{escape(shape.text)}</text>'
            )


def _paint(sheet: np.ndarray, shape: Shape, factor: int) -> None:
    colour = INKS[shape.ink]

    def at(x: float, y: float) -> tuple[int, int]:
        return round(x * factor), round(y * factor)

    match shape:
        case Line():
            thick = max(1, round(shape.width * factor))
            cv2.line(sheet, at(shape.x, shape.y), at(shape.x2, shape.y2), colour, thick, cv2.LINE_AA)
        case Dot():
            radius = round(shape.radius * factor)
            inside = PAPER if shape.hollow else colour
            cv2.circle(sheet, at(shape.x, shape.y), radius, inside, cv2.FILLED, cv2.LINE_AA)
            if shape.hollow:
                ring = round(1.8 * factor)
                cv2.circle(sheet, at(shape.x, shape.y), radius, colour, ring, cv2.LINE_AA)
        case Box():
            corner = at(shape.x + shape.width, shape.y + shape.height)
            cv2.rectangle(sheet, at(shape.x, shape.y), corner, colour, cv2.FILLED)
        case Text():
            scale = shape.size * factor / 30.0  # this font's capitals are 22 pixels high at scale 1
            thick = max(1, round(1.1 * factor))
            (wide, _), _ = cv2.getTextSize(shape.text, FONT, scale, thick)
            back = {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * wide
            x, y = at(shape.x, shape.y)
            cv2.putText(sheet, shape.text, (round(x - back), y), FONT, scale, colour, thick, cv2.LINE_AA)
