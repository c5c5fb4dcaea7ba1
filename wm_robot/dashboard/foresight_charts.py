"""Charts and words of a foresight: how far the goal is, and how far ahead the model can be trusted."""

import numpy as np

from wm_robot.dashboard.charts import Line, chart
from wm_robot.dashboard.foresight import Foresight

SURPRISED = 3.0
"""Error of a step, in medians of the last ones, that is worth a word."""


def distance_chart(found: Foresight, dt_s: float) -> str:
    """How far the goal is, by what is expected and by what was seen; a control period takes `dt_s`."""
    ahead_s = (found.future.stamps_ns - found.view.snapshot.observation.stamp_ns) * 1e-9
    lines = [Line(label="expected", x=ahead_s, y=found.future.goal_distance, dots=True)]
    if found.past_distance is not None:
        expected, real = found.past_distance
        x = dt_s * np.arange(1 - len(real), 1)
        lines += [
            Line(label=f"expected {-x[0]:.1f} s ago", x=x, y=expected, dashed=True, dots=True),
            Line(label="seen", x=x, y=real, dots=True),
        ]
    unit = "m" if found.view.snapshot.goal.pose is not None else "rms of latents"
    return chart(f"Distance to the goal ({unit})", lines, x_label="time from now (s)")


def periods_left_charts(found: Foresight, dt_s: float) -> list[str]:
    """How long the model believes that it still takes; nothing where it does not say."""
    left = found.future.periods_left
    if left is None:
        return []
    x = dt_s * np.arange(left.shape[1])
    return [
        chart(
            "Believed time to the goal (s)",
            [
                Line(label="mean of the outputs", x=x, y=dt_s * left.mean(axis=0), dots=True),
                Line(label="least", x=x, y=dt_s * left.min(axis=0), dashed=True),
                Line(label="most", x=x, y=dt_s * left.max(axis=0), dashed=True),
            ],
            x_label="time along the plan (s)",
        )
    ]


def trust_chart(found: Foresight, threshold: float) -> str:
    """How far ahead the predictions were right, beside `threshold`."""
    measured = found.trust
    steps = [] if measured is None else np.arange(1, len(measured.error) + 1)
    values = [] if measured is None else np.maximum(measured.trust, -1.0)
    return chart(
        "Trust by horizon (1 is perfect)",
        [Line(label="of the last predictions; 0: no better than no change", x=steps, y=values, dots=True)],
        x_label="steps ahead",
        limit=threshold,
        limit_label="threshold",
        high=1.0,
    )


def error_chart(found: Foresight) -> str:
    """What trust is made of: how wrong the last predictions were, beside that nothing changes."""
    measured = found.trust
    steps = [] if measured is None else np.arange(1, len(measured.error) + 1)
    return chart(
        "Error by horizon (mean square of latents)",
        [
            Line(label="of the model", x=steps, y=[] if measured is None else measured.error, dots=True),
            Line(
                label="of no change",
                x=steps,
                y=[] if measured is None else measured.copy_last,
                dashed=True,
            ),
        ],
        x_label="steps ahead",
    )


def warnings(found: Foresight, threshold: float) -> list[str]:
    """What should make people doubt the plan, in sentences."""
    measured = found.trust
    if measured is None:
        return []
    said, within = [], measured.horizon_above(threshold)
    if within < len(measured.error):
        said.append(
            f"Beyond {within} steps ahead the model falls below the threshold; the plan looks "
            f"{len(found.future.latents) - 1} ahead. Shorten the horizon, or train on more of this."
        )
    if measured.surprise > SURPRISED:
        said.append(
            f"Surprise: the newest step was {measured.surprise:.0f} times as wrong as they mostly are."
        )
    return said
