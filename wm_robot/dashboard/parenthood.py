"""A process that ends with the one that started it, however that ends."""

import multiprocessing
import os
import signal
import threading
import time

LOOK_S = 0.5


def end_with_parent() -> None:
    """From now on; Ctrl-C is left to the parent, which ends its children in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        threading.Thread(target=_watch, args=(parent.pid,), name="parenthood", daemon=True).start()


def _watch(pid: int) -> None:
    while os.getppid() == pid:
        time.sleep(LOOK_S)
    os._exit(0)
