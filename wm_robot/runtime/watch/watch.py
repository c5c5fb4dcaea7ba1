"""The planner's end: it shows what it does and hears what it is asked for; it never waits for anybody."""

import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Self

from wm_robot.core.errors import WmrError
from wm_robot.core.mailbox import Mailbox
from wm_robot.runtime.watch import codec
from wm_robot.runtime.watch.plan_log import PlanLog
from wm_robot.runtime.watch.requests import Answer, Answers, Outbox, Request
from wm_robot.runtime.watch.snapshot import Snapshot

SNAPSHOTS, REQUESTS, ANSWERS, STATE = "snapshots", "requests", "answers", "state"
"""Names of the mailboxes in the watch's folder."""

ROOM = {SNAPSHOTS: 1 << 23, REQUESTS: 1 << 22, ANSWERS: 1 << 18, STATE: 1 << 12}
"""Their sizes, bytes; pages that are never written cost nothing."""

LONGEST_STATE = 300
"""Characters of a text beside the state: JSON makes up to six bytes of one."""

REMEMBERED = 32
"""Answers that a page may still read."""

EXPIRED_S = 5.0
"""After which a request is refused: whoever asked saw nothing happen, and the arm is elsewhere by now."""

LONGEST_ANSWER = 1000
"""Characters; all that are remembered fit into the mailbox."""


class Watch:
    """What a planner tells its dashboard, and is asked by it, over mailboxes in a folder.

    Each snapshot replaces the one before; a dashboard that is slow, hangs or is gone misses some, and that
    is all that happens. Requests are kept by the dashboard until they are answered.

    Args:
        folder: made when it is missing.
        log: keeps every snapshot; None keeps none.

    Attributes:
        problem: why the last snapshot could not be shown; "" while all is well.

    Not thread-safe.
    """

    def __init__(self, folder: Path, log: PlanLog | None = None) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder, self._log = folder, log
        self._snapshots, self._requests, self._answers, self._state = (
            Mailbox(folder / name, room) for name, room in ROOM.items()
        )
        self._done = 0
        self._told: deque[Answer] = deque(maxlen=REMEMBERED)
        self.problem = ""

    def show(self, snapshot: Snapshot, *, keep: bool = True) -> None:
        """Make `snapshot` the one that is seen, and `keep` it in the log; never raises."""
        try:
            message = snapshot.encode()
            self._snapshots.write(message, time.monotonic_ns())
            if keep and self._log is not None:
                self._log.write(message, snapshot.observation.stamp_ns)
            self.problem = ""
        except Exception as error:  # whatever is wrong with it, the controller goes on
            self.problem = _in_words(error)

    def tell_state(self, state: str, why: str = "") -> None:
        """How the arm is, in a word and in some more; also a sign of life."""
        problem = self.problem or self._unrecorded()
        texts = {"state": state, "why": why[:LONGEST_STATE], "problem": problem[:LONGEST_STATE]}
        self._state.write(json.dumps(texts).encode(), time.monotonic_ns())

    def carry_out(self, handle: Callable[[Request], None]) -> None:
        """Hand each request that came since the last call to `handle`, whose error is the answer.

        Never raises: whatever somebody asks for, the controller goes on.
        """
        read = self._requests.read()
        if read is None:
            return
        try:
            posted = codec.decode(Outbox, read[0]).posted
        except Exception as error:
            self.problem = _in_words(error)
            return
        for one in posted:
            if one.number <= self._done:
                continue
            self._done = one.number
            try:
                late_s = (time.monotonic_ns() - one.asked_ns) * 1e-9
                if late_s > EXPIRED_S:
                    raise WmrError(f"the planner was busy for {late_s:.0f} s; nothing was done, ask again")
                handle(one.request)
                self._told.append(Answer(number=one.number))
            except Exception as error:
                self._told.append(Answer(number=one.number, error=_in_words(error)[:LONGEST_ANSWER]))
        self._answers.write(codec.encode(Answers(answers=tuple(self._told))), time.monotonic_ns())

    def _unrecorded(self) -> str:
        if self._log is None or not self._log.lost:
            return ""
        return f"{self._log.lost} periods are not recorded: {self._log.problem or 'the disk is too slow'}"

    def close(self) -> None:
        for box in (self._snapshots, self._requests, self._answers, self._state):
            box.close()
        if self._log is not None:
            self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _in_words(error: Exception) -> str:
    """With its type where it is a defect."""
    return str(error) if isinstance(error, WmrError) else f"{type(error).__name__}: {error}"
