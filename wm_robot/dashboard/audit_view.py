"""Who did what, the newest first."""

from html import escape
from typing import Any

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.cards import cards, note
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.staging import Staging
from wm_robot.insight.audit import NOT_BEFORE, Change

SHOWN_CHANGES = 12


class AuditView:
    """A folder with the audit log; `show` looks whether it has grown."""

    def __init__(self, page: Page) -> None:
        self._audit, self._stamp_ns = page.audit, 0
        with page.gui.add_folder("Audit log"):
            self._html: Any = page.gui.add_html("")
        self._draw()
        Staging.of(page).listeners.append(self._draw)

    def show(self) -> None:
        """The page's shell notes what it does too, in its own process."""
        try:
            stamp_ns = self._audit.path.stat().st_mtime_ns
        except OSError:
            return
        if stamp_ns != self._stamp_ns:
            self._stamp_ns = stamp_ns
            self._draw()

    def _draw(self) -> None:
        try:
            changes, broken = self._audit.read()
        except WmrError as error:
            self._html.content = cards(note(str(error), bad=True))
            return
        self._html.content = cards(audit_table(changes, broken))


def audit_table(changes: list[Change], broken: int) -> str:
    """The newest changes first."""
    if not changes:
        return note("Nobody has changed anything yet.")
    rows = "".join(
        f"<tr><td>{escape(c.when[5:19].replace('T', ' '))}</td><td>{escape(c.field)}</td>"
        f"<td>{_changed(c)}</td></tr>"
        f'<tr class="quiet"><td></td><td colspan="2">{escape(c.who)}</td></tr>'
        for c in reversed(changes[-SHOWN_CHANGES:])
    )
    more = f", {broken} lines unreadable" if broken else ""
    return (
        f'<figure class="wide"><figcaption>{len(changes)} changes{more} (UTC)</figcaption>'
        f"<table>{rows}</table></figure>"
    )


def _changed(change: Change) -> str:
    after = escape(str(change.after))
    return after if change.before == NOT_BEFORE else f"{escape(str(change.before))} → {after}"
