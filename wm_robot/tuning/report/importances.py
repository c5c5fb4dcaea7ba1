"""How much each setting says about being among the best, as bars."""

from wm_robot.tuning.report.drawing import Box, Shape, Text
from wm_robot.tuning.view import StudyView

WIDTH, ROW, LABELS, TOP = 640, 22, 170, 6
SHOWN = 12


def importance_chart(study: StudyView) -> tuple[list[Shape], int]:
    """The chart and its height: the most important settings, with their share of the whole in %."""
    rows = list(study.importances.items())[:SHOWN]
    largest = max((share for _, share in rows), default=1.0) or 1.0
    shapes: list[Shape] = []
    for i, (name, share) in enumerate(rows):
        y = TOP + i * ROW
        length = (WIDTH - LABELS - 60) * share / largest
        shapes += [
            Text(x=LABELS - 10, y=y + 14, text=name, anchor="end", ink="ink"),
            Box(x=LABELS, y=y + 3, width=max(length, 1.0), height=ROW - 8, ink="model"),
            Text(x=LABELS + length + 8, y=y + 14, text=f"{100 * share:.0f} %"),
        ]
    return shapes, TOP + len(rows) * ROW + TOP
