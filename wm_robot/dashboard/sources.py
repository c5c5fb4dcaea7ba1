"""Where the snapshots of a page come from: a running planner, or a recorded run that is scrubbed."""

import threading
import time
import zlib
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.recorded import RecordedRun
from wm_robot.runtime.watch.snapshot import Snapshot
from wm_robot.runtime.watch.watcher import Watcher

REMEMBERED = 150
"""Snapshots that panels may look back at, some 10 MB."""


TAKE_S = 0.02
"""Between two looks for a snapshot: less than a period at the highest speed."""


class Source(Protocol):
    """Asked 10 times a second by the view's loop."""

    live: bool

    def look(self) -> Sequence[Snapshot]:
        """The last snapshots, oldest first, where there is something new to show; else none."""
        ...


class LiveSource:
    """The snapshots of a planner.

    Args:
        watcher: of the planner.
    """

    live = True

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._recent: deque[Snapshot] = deque(maxlen=REMEMBERED)
        self._lock, self._new = threading.Lock(), False
        self._problem: Exception | None = None

    def follow(self) -> None:
        """Take each snapshot as it comes, for ever: in fast simulations several come between two looks."""
        while True:
            self.take()
            time.sleep(TAKE_S)

    def take(self) -> None:
        """Take the newest snapshot."""
        try:
            snapshot = self._watcher.newest()
        except Exception as error:  # told by the next look, which is in the loop
            self._problem = error
            return
        if snapshot is None:
            return
        with self._lock:
            if self._recent and self._recent[-1].index == snapshot.index:
                self._recent.pop()  # the same period, with a change since
            self._recent.append(snapshot)
            self._new = True

    def look(self) -> Sequence[Snapshot]:
        problem, self._problem = self._problem, None
        if problem is not None:
            raise problem
        with self._lock:
            new, self._new = self._new, False
            return tuple(self._recent) if new else ()


class RecordedSource:
    """A recorded run with a slider to scrub it; everybody who looks scrubs the same one.

    Args:
        gui: of viser; the slider is put where it stands now.
        run: what was recorded.
    """

    live = False

    def __init__(self, gui: Any, run: RecordedRun) -> None:
        self._length = len(run)
        self._load = lru_cache(maxsize=2 * REMEMBERED)(run.__getitem__)
        self._shown = -1
        self._playing_since: tuple[float, float] | None = None
        last = max(self._length - 1, 1)
        self._moment = gui.add_slider(
            "Moment", 0, last, 1, 0, hint=f"Which of the run's {self._length} recorded periods is shown."
        )
        self._told: Any = gui.add_markdown("")
        self._play = gui.add_button("Play", hint="As fast as it was.")
        self._play.on_click(self._toggle)

    def look(self) -> Sequence[Snapshot]:
        if (playing_since := self._playing_since) is not None:  # "Hold" comes from another thread
            self._advance(*playing_since)
        moment = min(int(self._moment.value), self._length - 1)
        if moment == self._shown:
            return ()
        self._shown = moment
        snapshot = self._load(moment)
        before = [self._try_to_load(i) for i in range(max(0, moment - REMEMBERED + 1), moment)]
        at = time.strftime("%F %T", time.localtime(snapshot.written_s))
        self._told.content = f"Period {snapshot.index} of episode {snapshot.episode}, {at}"
        return [*(each for each in before if each is not None), snapshot]

    def _try_to_load(self, moment: int) -> Snapshot | None:
        """None for one that is damaged: the others are worth seeing."""
        try:
            return self._load(moment)
        except (WmrError, zlib.error):
            return None

    def _toggle(self, event: Any) -> None:
        del event
        if self._playing_since is not None:
            self._hold()
            return
        if self._moment.value >= self._length - 1:
            self._moment.value = 0
        ahead = map(self._try_to_load, range(int(self._moment.value), self._length))
        if (first := next(filter(None, ahead), None)) is not None:
            self._playing_since = time.monotonic(), first.written_s
            self._play.label = "Hold"

    def _hold(self) -> None:
        self._playing_since, self._play.label = None, "Play"

    def _advance(self, since_s: float, from_s: float) -> None:
        """To the period that was written as long after the start as this has been playing."""
        due_s, moment = from_s + time.monotonic() - since_s, int(self._moment.value)
        while moment < self._length - 1:
            following = self._try_to_load(moment + 1)
            if following is not None and following.written_s > due_s:
                break
            moment += 1
        self._moment.value = moment
        if moment == self._length - 1:
            self._hold()
