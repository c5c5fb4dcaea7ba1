"""One line of `wmr doctor`, and how a library is tried without being in danger from it."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROBE_TIMEOUT_S = 120.0

WITH_SETUP = 'source "$0" > /dev/null 2>&1; exec "$@"'


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the table.

    Args:
        name: what was looked for.
        ok: whether it is there and works.
        required: whether nothing runs without it.
        detail: what was found, or why it does not work.
        advice: what to do about it; empty where `ok`.
    """

    name: str
    ok: bool
    required: bool
    detail: str
    advice: str = ""


def probe(code: str, setup: Path | None = None) -> tuple[bool, str]:
    """Run Python `code` in a process of its own: (did it succeed, the last line it wrote).

    Args:
        code: what to run.
        setup: a bash script that makes the environment, as ROS has them; None for the present one.
    """
    command = [sys.executable, "-c", code]
    if setup is not None:
        command = ["bash", "-c", WITH_SETUP, str(setup), *command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return False, f"no answer within {PROBE_TIMEOUT_S:.0f} s"
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    detail = re.sub(r"^[\w.]+Error: ", "", lines[-1]) if lines else f"ended with code {done.returncode}"
    return done.returncode == 0, detail
