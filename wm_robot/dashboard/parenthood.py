"""Processes that end with the one that started them, and whether they have."""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

LOOK_S = 0.5


def end_with_parent() -> None:
    """From now on; Ctrl-C is left to the parent, which ends its children in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        threading.Thread(target=_watch, args=(parent.pid,), name="parenthood", daemon=True).start()


def runs(pid: int) -> bool:
    """Whether a process is there and has not ended; True where the system does not tell."""
    if not Path("/proc/self/stat").exists():
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _watch(pid: int) -> None:
    while os.getppid() == pid:
        time.sleep(LOOK_S)
    os._exit(0)
