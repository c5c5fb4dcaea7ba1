"""Computations behind a panel: the newest view only, one at a time, never in the loop."""

from collections.abc import Callable
from typing import Generic, TypeVar

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View

T = TypeVar("T")


class Analysis(Generic[T]):
    """Computes a panel's content of the newest view; views that come meanwhile replace each other.

    Args:
        page: whose worker computes.
        work: computes in the worker; None where there is nothing to show.
        done: shows what came of it, in the loop.
        failed: shows why it cannot be computed; once for as long as the reason is the same.
    """

    def __init__(
        self,
        page: Page,
        work: Callable[[View], T | None],
        done: Callable[[T], None],
        failed: Callable[[str], None],
    ) -> None:
        self._page, self._compute, self._show, self._show_failure = page, work, done, failed
        self._waiting: View | None = None

    def of(self, view: View) -> None:
        """Compute what `view` shows, soon; for the loop."""
        self._waiting = view
        self._start()

    def _start(self) -> None:
        if self._waiting is None or self._page.busy(self):
            return
        view, self._waiting = self._waiting, None
        self._page.later(self, lambda: self._attempt(view), self._finish)

    def _attempt(self, view: View) -> T | str | None:
        try:
            return self._compute(view)
        except WmrError as error:
            return _Problem(str(error))

    def _finish(self, result: T | str | None) -> None:
        if isinstance(result, _Problem):
            self._show_failure(result)
        elif result is not None:
            self._show(result)  # type: ignore[arg-type]
        self._start()


class _Problem(str):
    """Why a computation failed."""

    __slots__ = ()
