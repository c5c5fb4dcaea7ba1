"""Which code made this: the commit that results carry."""

import subprocess
from pathlib import Path


def commit() -> str:
    """The version control commit of the running code, "-dirty" if edited, or "unknown"."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()
