"""The place on this machine where an arm is commanded from: one commander, one latch, one door."""

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wm_robot.core.errors import WmrError
from wm_robot.core.files import write_atomic

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

LONGEST_SOCKET = 107
"""Bytes of a socket's path; see unix(7)."""


class Station:
    """Folder of an arm: `lock` is held by its control process, `estop.json` latches, `door` is its socket.

    The latch is a file, so that it outlives every process and works while none runs. The folder belongs to
    one user: whoever can write there can command the arm from this machine anyway.

    Args:
        name: of the arm; two arms of one kind need two names.
    """

    def __init__(self, name: str) -> None:
        if not NAME.fullmatch(name):
            raise WmrError(f"{name!r} is no name for an arm; use letters, digits, . - and _")
        home = Path(os.environ.get("XDG_STATE_HOME", ""))
        if not home.is_absolute():  # else the latch would depend on where a command is given
            home = Path.home() / ".local" / "state"
        self.name, self.folder = name, home / "wm_robot" / name
        self.door = self.folder / "door"
        if len(os.fsencode(self.door)) > LONGEST_SOCKET:
            raise WmrError(
                f"{self.door} is too long for a socket, {LONGEST_SOCKET} bytes at most; choose a shorter "
                "name, or set XDG_STATE_HOME to a shorter folder"
            )
        self._latch = self.folder / "estop.json"

    def make(self) -> None:
        """Create the folder, for this user alone."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def latched(self) -> bool:
        return self._latch.exists()

    def latch(self, why: str) -> None:
        """Forbid every motion until `unlatch`."""
        self.make()
        record = {"why": why, "at": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
        write_atomic(self._latch, json.dumps(record).encode())

    def why_latched(self) -> str:
        """When and why, in words; "" where it is not."""
        with suppress(OSError, ValueError, KeyError):
            record = json.loads(self._latch.read_text())
            return f"{record['why']}, at {record['at']}"
        return "for a reason that cannot be read" if self.latched else ""

    def unlatch(self) -> None:
        self._latch.unlink(missing_ok=True)

    @contextmanager
    def command(self) -> Iterator[None]:
        """Be the one who commands the arm.

        Raises:
            WmrError: another process does.
        """
        self.make()
        with open(self.folder / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise WmrError(
                    f"another process commands {self.name!r}; end it, or name this arm otherwise with --arm"
                ) from error
            yield


def station_name(arm: str, *, simulated: bool) -> str:
    """The station of the arm `arm`; a simulated one has its own, and never takes a latch off a real arm."""
    return f"{arm}.sim" if simulated else arm


def stations() -> list[Station]:
    """Every arm that has been commanded from this machine by this user."""
    folder = Station("any").folder.parent
    return [
        Station(path.name) for path in sorted(folder.glob("*")) if path.is_dir() and NAME.fullmatch(path.name)
    ]
