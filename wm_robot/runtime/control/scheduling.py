"""The place of a control loop among a machine's processes."""

import os

PRIORITY = 20
"""Of the real-time scheduler's 1 to 99: before every ordinary process, behind the kernel's own threads."""


def prefer_this_process() -> bool:
    """Ask for the real-time scheduler, and say whether it is granted; else all stays as it was."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except (OSError, AttributeError):  # not allowed, or not Linux
        return False
    return True
