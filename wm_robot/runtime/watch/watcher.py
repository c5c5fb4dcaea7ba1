"""The dashboard's end of a watch: sees the newest snapshot, asks, and hears the answers."""

import threading
import time
from pathlib import Path

from wm_robot.core.errors import WmrError
from wm_robot.core.mailbox import Mailbox
from wm_robot.runtime.watch import codec
from wm_robot.runtime.watch.requests import Answer, Answers, Outbox, Posted, Request
from wm_robot.runtime.watch.snapshot import Snapshot
from wm_robot.runtime.watch.watch import ANSWERS, REQUESTS, SNAPSHOTS


class Watcher:
    """Reads what a `Watch` shows, and sends it requests.

    Args:
        folder: of the watch.

    Raises:
        WmrError: no planner shows itself there.

    `ask` may be called from any thread.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._snapshots, self._requests, self._answers = (
                Mailbox(folder / name) for name in (SNAPSHOTS, REQUESTS, ANSWERS)
            )
        except FileNotFoundError as error:
            raise WmrError(f"no planner shows itself in {folder}") from error
        self._lock = threading.Lock()
        self._number = 0
        self._waiting: list[Posted] = []

    def newest(self) -> Snapshot | None:
        """The newest snapshot, where it is another than the last one.

        Raises:
            WmrError: it cannot be read.
        """
        read = self._snapshots.read()
        return None if read is None else Snapshot.decode(read[0])

    def ask(self, request: Request) -> int:
        """Send a request; returns its number, which the answer will have."""
        with self._lock:
            self._number += 1
            self._waiting.append(Posted.of(self._number, request))
            self._post()
            return self._number

    def answers(self) -> list[Answer]:
        """Answers to requests that were still waiting at the last call."""
        read = self._answers.read()
        if read is None:
            return []
        told = {answer.number: answer for answer in codec.decode(Answers, read[0]).answers}
        with self._lock:
            heard = [told[posted.number] for posted in self._waiting if posted.number in told]
            self._waiting = [posted for posted in self._waiting if posted.number not in told]
            self._post()
        return heard

    def _post(self) -> None:
        outbox = codec.encode(Outbox(posted=tuple(self._waiting)))
        try:
            self._requests.write(outbox, time.monotonic_ns())
        except WmrError:
            self._waiting.pop()
            raise
