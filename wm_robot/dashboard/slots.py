"""The places of the panels in the page: whatever goes wrong in one stays there."""

from importlib import import_module
from typing import Any

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.cards import cards, note
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.panels import PANELS

PLOTS_PX = 400
"""Width of the column at the left; charts fill a wider one side by side."""


class Slot:
    """A panel in its place, with a message above it while it fails.

    Args:
        page: for messages that have no place of their own.
        panel: has `show(view)`.
        message: an HTML element, or None.

    Attributes:
        at_rest: whether it is shown the last view again while nothing new comes.
    """

    def __init__(self, page: Any, panel: Any, message: Any = None) -> None:
        self._page, self._panel, self._message = page, panel, message
        self._failing = ""
        self.at_rest = bool(getattr(panel, "at_rest", False))

    def show(self, view: View) -> None:
        """Never raises."""
        try:
            self._panel.show(view)
            problem = ""
        except Exception as error:
            problem = in_words(error)
        if problem == self._failing:
            return
        self._failing = problem
        if self._message is not None:
            self._message.content = cards(note(f"This panel fails: {problem}", bad=True))
            self._message.visible = bool(problem)
        elif problem:
            self._page.tell(None, "The scene fails", problem, wrong=True)


def build(page: Any, names: tuple[str, ...] = PANELS) -> list[Slot]:
    """All panels in their tabs; one that cannot be made leaves a message in its place."""
    gui = page.gui
    gui.main_panel.dock_right()
    places: dict[str, Any] = {"control": gui.add_tab_group()}
    slots = []
    for name in names:
        module, _, attribute = name.partition(":")
        try:
            kind: Any = getattr(import_module(module), attribute)
        except Exception as error:
            with places["control"].add_tab(attribute):
                gui.add_html(_not_shown(error))
            continue
        if kind.place not in places:
            places[kind.place] = gui.add_panel()
            places[kind.place].dock_left()  # viser has no place below the scene
            places[kind.place].set_width(PLOTS_PX)
        with places[kind.place].add_tab(kind.title):
            message = gui.add_html("", visible=False)
            try:
                slots.append(Slot(page, kind(page), message))
            except Exception as error:
                message.content, message.visible = _not_shown(error), True
    return slots


def _not_shown(error: Exception) -> str:
    return cards(note(f"Cannot be shown: {in_words(error)}", bad=True))


def in_words(error: Exception) -> str:
    """What went wrong, for people; with its type where it is a defect."""
    return str(error) if isinstance(error, WmrError) else f"{type(error).__name__}: {error}"
