"""The places of a control loop, a simulated arm and a planner among a machine's processes."""

import os
from pathlib import Path

CONTROL = 20
"""A control loop's place among the real-time scheduler's 1 to 99: behind the kernel's own threads."""

SIMULATION = 15
"""A simulated arm's: like a real one it waits for no planner; the loop that commands it goes first."""

PLANNER = 10
"""A planner's: before every ordinary process, such as a browser, and behind the control loop."""


def prefer_thread(priority: int, thread: int = 0) -> bool:
    """Ask for the real-time scheduler, and say whether it is granted; else all stays as it was.

    Args:
        priority: such as `CONTROL`.
        thread: its number in the kernel; 0 is the calling one, and those that it starts from now on.
    """
    try:
        os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(priority))
    except (OSError, AttributeError):  # not allowed, gone, or not Linux
        return False
    return True


def prefer_process(priority: int) -> bool:
    """The same for all threads of this process, and for what they start from now on: threads and processes.

    One that were left behind could be put aside by an ordinary process while it holds the interpreter's
    lock, and the loop would wait for that process.
    """
    if not prefer_thread(priority):
        return False
    for task in Path("/proc/self/task").iterdir():
        prefer_thread(priority, int(task.name))
    return True


def be_ordinary() -> None:
    """Give up for this process what it has inherited: its threads and processes to come are ordinary ones."""
    if hasattr(os, "sched_setscheduler"):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
