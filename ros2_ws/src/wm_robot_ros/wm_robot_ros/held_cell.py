"""The planner's inputs: they change until they are read, and then no more; needs no ROS."""

import threading
from dataclasses import fields, replace

from wm_robot.core.errors import WmrError
from wm_robot_ros.cell_settings import CellSettings


class HeldCell:
    """A cell's settings, which whoever reads them holds: what is accepted later would have no effect.

    Args:
        now: the settings to begin with.

    Thread-safe.
    """

    def __init__(self, now: CellSettings) -> None:
        self.now, self._held = now, False
        self._turn = threading.Lock()

    @property
    def held(self) -> bool:
        return self._held

    def change(self, new: CellSettings) -> None:
        """Have other settings; raises WmrError while these are held."""
        with self._turn:
            names = [one.name for one in fields(new) if getattr(new, one.name) != getattr(self.now, one.name)]
            if self._held and names:
                verb = "is" if len(names) == 1 else "are"
                raise WmrError(f"{', '.join(names)} {verb} read when the node is configured: clean up first")
            self.now = new

    def hold(self) -> CellSettings:
        """The settings, which stay until `release`."""
        with self._turn:
            self._held = True
            return self.now

    def adopt(self, checkpoint: str) -> None:
        """Have another world model, though the rest is held."""
        with self._turn:
            self.now = replace(self.now, checkpoint=checkpoint)

    def release(self) -> None:
        with self._turn:
            self._held = False
