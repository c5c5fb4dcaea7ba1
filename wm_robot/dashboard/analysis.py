"""Computations behind a panel: the newest question only, one at a time, never in the loop."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.page import Page

REST_S = 0.5
"""From one beginning to the next at least: nobody reads faster, and the planner is on the same machine."""

Q = TypeVar("Q")
A = TypeVar("A")


class Analysis(Generic[Q, A]):
    """Answers a panel's newest question, such as a view; those that come meanwhile replace each other.

    Args:
        page: whose worker computes.
        work: computes in the worker; None where there is nothing to show.
        done: shows what came of it, in the loop.
        failed: shows why it cannot be computed or shown, in the loop: whatever goes wrong ends there.
    """

    def __init__(
        self,
        page: Page,
        work: Callable[[Q], A | None],
        done: Callable[[A], None],
        failed: Callable[[str], None],
    ) -> None:
        self._page, self._compute, self._show, self._show_failure = page, work, done, failed
        self._waiting: tuple[Q] | None = None
        self._lock, self._rests_until_s = threading.Lock(), 0.0
        self._timer: threading.Timer | None = None

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._waiting is not None or self._page.busy(self)

    def of(self, question: Q) -> None:
        """Answer `question`, soon; from any thread."""
        with self._lock:
            self._waiting = (question,)
        self._start()

    def _start(self) -> None:
        with self._lock:
            if self._waiting is None or self._page.busy(self) or self._timer is not None:
                return
            now_s = time.monotonic()
            if now_s < self._rests_until_s:  # in a pause no other view would come to wake it
                self._timer = threading.Timer(self._rests_until_s - now_s, self._wake)
                self._timer.daemon = True
                self._timer.start()
                return
            (question,), self._waiting = self._waiting, None
            self._rests_until_s = now_s + REST_S
            self._page.later(self, lambda: self._attempt(question), self._finish)

    def _wake(self) -> None:
        with self._lock:
            self._timer = None
        self._start()

    def _attempt(self, question: Q) -> "A | _Problem | None":
        try:
            return self._compute(question)
        except Exception as error:
            return _Problem(error)

    def _finish(self, answer: "A | _Problem | None") -> None:
        try:
            if isinstance(answer, _Problem):
                self._show_failure(answer.words)
            elif answer is not None:
                self._show(answer)
        except Exception as error:  # a chart that cannot be drawn must not end the loop
            self._show_failure(_Problem(error).words)
        self._start()


class _Problem:
    """Why a computation failed, with its type where that is a defect."""

    def __init__(self, error: Exception) -> None:
        self.words = str(error) if isinstance(error, WmrError) else f"{type(error).__name__}: {error}"
