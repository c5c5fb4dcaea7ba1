"""Texts, tables and charts side by side, as HTML: viser stacks its own charts."""

from collections.abc import Sequence
from html import escape

from wm_robot.dashboard.colours import VERMILION, css

NARROWEST_PX = 270

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
