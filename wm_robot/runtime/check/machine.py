"""Whether this machine can run a control loop and keep its log, and whether it is allowed to."""

import os
import shutil
import time
from pathlib import Path

from wm_robot.core.files import write_atomic
from wm_robot.runtime.check.finding import Finding, Level, judged
from wm_robot.runtime.control.scheduling import CONTROL, prefer_thread
from wm_robot.runtime.control.station import Station

LEAST_FREE_BYTES = 1 << 30
"""An hour at 250 Hz: 1.7 kB a cycle, more than halved by the log's compression."""


def scheduler_finding() -> Finding:
    """Whether the control loop may have the real-time scheduler, asked by having it for a moment."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    if not prefer_thread(CONTROL):
        return Finding(
            name="real-time scheduler",
            level=Level.WARNING,
            detail="not allowed: other programs can hold the control loop and the planner up",
            advice="put `@realtime - rtprio 20` into /etc/security/limits.d/realtime.conf, join the group "
            "realtime, log in anew",
        )
    os.sched_setscheduler(0, *before)
    return Finding(name="real-time scheduler", level=Level.OK, detail="SCHED_FIFO is allowed")


def disk_finding(folder: Path) -> Finding:
    """Whether a flight log can be written to `folder`, or to where it would be made."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    probe = there / ".wmr-check"
    try:
        began_s = time.perf_counter()
        write_atomic(probe, bytes(1 << 20))
        took_s = time.perf_counter() - began_s
        probe.unlink()
    except OSError as error:
        return Finding(
            name="flight log",
            level=Level.PROBLEM,
            detail=f"{there} cannot be written: {error.strerror}",
            advice="name another folder with --output, or make this one writable",
        )
    free = shutil.disk_usage(there).free
    return judged(
        "flight log",
        f"{folder}: 1 MiB written and synced in {1e3 * took_s:.0f} ms, {free / 2**30:.1f} GiB free",
        (free < LEAST_FREE_BYTES, Level.WARNING, "make room for the log of a run"),
    )


def latch_finding(station: Station) -> Finding:
    """Whether somebody forbade every motion."""
    return judged(
        "emergency stop",
        f"latched: {station.why_latched()}" if station.latched else "not latched",
        (station.latched, Level.PROBLEM, "clear the cause, then `wmr reset`"),
    )
