"""The place of a control loop among a machine's processes."""

import os
from pathlib import Path

PRIORITY = 20
"""Of the real-time scheduler's 1 to 99: before every ordinary process, behind the kernel's own threads."""


def prefer_thread(thread: int = 0) -> bool:
    """Ask for the real-time scheduler, and say whether it is granted; else all stays as it was.

    Args:
        thread: its number in the kernel; 0 is the calling one, and those that it starts from now on.
    """
    try:
        os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except (OSError, AttributeError):  # not allowed, gone, or not Linux
        return False
    return True


def prefer_process() -> bool:
    """The same for all threads of this process.

    One that were left behind could be put aside by an ordinary process while it holds the interpreter's
    lock, and the control loop would wait for that process.
    """
    if not prefer_thread():
        return False
    for task in Path("/proc/self/task").iterdir():
        prefer_thread(int(task.name))
    return True
