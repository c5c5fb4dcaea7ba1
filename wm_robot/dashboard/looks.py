"""The newest decision made again in the worker, once for all panels."""

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import Mind
from wm_robot.insight.second_look import SecondLook, look_again
from wm_robot.runtime.watch.snapshot import Snapshot


class Looks:
    """Second looks; decisions that come while one is made replace each other.

    Args:
        page: whose worker makes them.

    Attributes:
        newest: the newest look; None before the first.
        of: the snapshot that it belongs to.
        problem: why the last one could not be made; "" where it could.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self.newest: SecondLook | None = None
        self.of: Snapshot | None = None
        self.problem = ""

    def look(self, snapshot: Snapshot, mind: Mind | None) -> None:
        """Look at the decision of `snapshot`, unless another look is under way; for the loop."""
        if mind is None or snapshot.decision is None:
            return
        if self.of is not None and (self.of.episode, self.of.index) == (snapshot.episode, snapshot.index):
            return
        self._page.later(self, lambda: self._attempt(snapshot, mind), self._keep)

    def _attempt(self, snapshot: Snapshot, mind: Mind) -> tuple[Snapshot, SecondLook | None, str]:
        assert snapshot.decision is not None
        try:
            with mind.lock:
                return snapshot, look_again(snapshot.decision, mind.model, mind.backend, snapshot.goal), ""
        except WmrError as error:
            return snapshot, None, str(error)

    def _keep(self, made: tuple[Snapshot, SecondLook | None, str]) -> None:
        self.of, self.newest, self.problem = made
