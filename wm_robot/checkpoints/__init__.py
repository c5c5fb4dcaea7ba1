"""The checkpoints that come with the package, made by the documented commands.

A folder is called after its task, and after its robot too where that is not the panda: reach_so101.
"""

from pathlib import Path

from wm_robot.core.errors import UnknownNameError

ROOT = Path(__file__).parent


def shipped_checkpoints() -> dict[str, Path]:
    """Checkpoint folder by name."""
    return {config.parent.name: config.parent for config in sorted(ROOT.glob("*/config.json"))}


def shipped_checkpoint(task: str) -> Path:
    """The checkpoint folder for `task`; raises UnknownNameError listing the tasks that have one."""
    found = shipped_checkpoints()
    if task not in found:
        raise UnknownNameError("shipped checkpoint", task, found)
    return found[task]
