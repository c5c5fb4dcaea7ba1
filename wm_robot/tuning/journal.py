"""The file of a study, which is only appended to.

One process writes it, which a lock of the operating system sees to; so no lock file can be left behind by a
process that was killed. A line that was cut short by a crash is taken away before the study goes on.
"""

import fcntl
import os
from pathlib import Path
from typing import Any

from wm_robot.core.errors import WmrError

JOURNAL = "study.journal"
LOCK = "study.lock"


class Journal:
    """Optuna's journal in a folder, held by this process until it is closed.

    Args:
        folder: made where it is missing.
        optuna: the library.

    Attributes:
        path: of the file.
        storage: what Optuna reads and writes it by.

    Raises:
        WmrError: another process has it open, or it cannot be read or written.
    """

    def __init__(self, folder: Path, optuna: Any) -> None:
        self.path = folder / JOURNAL
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = open(folder / LOCK, "w")  # noqa: SIM115  (held until close)
        except OSError as error:
            raise WmrError(f"cannot keep a study in {folder}: {error}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise WmrError(
                f"another process is at work on the study in {folder}; wait until it has ended"
            ) from error
        except OSError as error:  # a file system without locks
            self._lock.close()
            raise WmrError(f"cannot lock the study in {folder}: {error}") from error
        _drop_torn_line(self.path)
        self.storage = _opened(optuna, self.path)

    def close(self) -> None:
        self._lock.close()


class _AlreadyLocked:
    """In place of Optuna's own lock: the folder's is held all the time."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def _opened(optuna: Any, journal: Path) -> Any:
    backend = optuna.storages.journal.JournalFileBackend(str(journal), lock_obj=_AlreadyLocked())
    try:
        return optuna.storages.JournalStorage(backend)
    except (ValueError, KeyError) as error:
        raise WmrError(f"{journal} is damaged: {error}; choose another --output") from error


def _drop_torn_line(journal: Path) -> None:
    if not journal.exists():
        return
    content = journal.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(journal, whole)
