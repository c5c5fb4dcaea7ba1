"""What all panels are shown, turn by turn, from a source that may fail."""

import time
from dataclasses import replace
from html import escape

from wm_robot.dashboard.panel import Mind, View
from wm_robot.dashboard.slots import in_words
from wm_robot.dashboard.sources import Source

OLD_S = 2.0
"""Age at which a snapshot no longer shows how things are, where three control periods are no longer."""

PERIODS = 3


class Views:
    """The newest view, and what is to be said of it.

    Args:
        source: of snapshots.

    Attributes:
        view: the last one; None before the first snapshot.
        problem: why a newer snapshot cannot be shown; "" while all is well.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.view: View | None = None
        self.problem = ""

    def look(self, mind: Mind | None) -> bool:
        """Take what is new into `view`; whether there was something."""
        try:
            recent = self._source.look()
        except Exception as error:  # the next snapshot may be whole; the page goes on
            self.problem = in_words(error)
            return False
        if recent:
            self.problem = ""
            self.view = View(snapshot=recent[-1], recent=recent, mind=mind, live=self._source.live)
            return True
        if self.view is None or self.view.mind is mind:
            return False
        self.view = replace(self.view, mind=mind)  # as in a pause, but now there is a model to look with
        return True

    def warning(self) -> str:
        """Why what is shown is not how things are; "" where it is."""
        if self.problem:
            return f"**A snapshot cannot be shown:** {escape(self.problem)}"
        if self.view is None or not self.view.live:
            return ""
        snapshot = self.view.snapshot
        simulation, age_s = snapshot.simulation, time.time() - snapshot.written_s
        if simulation is not None and simulation.paused:
            return ""
        speed = 1.0 if simulation is None else simulation.speed
        if age_s <= max(OLD_S, PERIODS * snapshot.dt_s / speed):
            return ""
        return f"**Old:** what is shown here is {age_s:.0f} s old; nothing newer has come since."
