"""The scene of a running `SimDriver`, rebuilt in this process."""

import mujoco

from wm_robot.robots import get_robot
from wm_sim.make import TASKS
from wm_sim.saved_state import COMPLETE
from wm_sim.shared_state import Snapshot, StateReader
from wm_sim.task_scene import TaskScene


class SceneMirror:
    """Follows the simulation called `name`; scene, look and episode are as its driver describes them.

    Raises:
        DriverError: no such simulation is running.
    """

    def __init__(self, name: str) -> None:
        self._reader = StateReader(name)
        description = self._reader.description
        self._shift = description["shift"] or None
        self.scene = TaskScene(get_robot(description["robot"]), TASKS.get(description["task"])())
        self.scene.robot.connect()
        self._painted: int | None = None

    def update(self) -> Snapshot:
        """Bring the scene to the newest published state; positions and camera poses are current then.

        Raises:
            DriverError: the simulation died in the middle of writing.
        """
        snapshot = self._reader.read()
        mujoco.mj_setState(self.scene.model, self.scene.robot.data, snapshot.state, COMPLETE)
        if snapshot.seed != self._painted:
            self.scene.paint(self._shift, snapshot.seed)
            self._painted = snapshot.seed
        self.scene.robot.refresh()
        return snapshot
