"""Judge of a simulation that runs in this or another process."""

from wm_robot.core.types import Goal, Score
from wm_sim.gl import Camera
from wm_sim.scene import CAMERAS
from wm_sim.scene_mirror import SceneMirror
from wm_sim.tasks.task import Episode


class SimObserver:
    """Goal, score and ground truth of the episode that a `SimDriver` runs: for evaluation only.

    Args:
        simulation: `SimConfig.name` of the driver.

    Raises:
        DriverError: no such simulation is running; from the methods, that it died while writing.
    """

    def __init__(self, simulation: str = "sim") -> None:
        self._mirror = SceneMirror(simulation)
        self._scene = self._mirror.scene

    @property
    def seed(self) -> int:
        """Of the present episode."""
        return self._mirror.update().seed

    def goal(self, image_size: int = 64) -> Goal:
        """The present episode's goal as images of `image_size` pixels in height and width.

        Raises:
            GraphicsError: OpenGL cannot be opened here.
        """
        episode = self._episode()
        camera = Camera(self._scene.model, height=image_size, width=image_size)
        with self._scene.at_goal(episode):
            return Goal(images={name: camera.image(self._scene.robot.data, name) for name in CAMERAS})

    def score(self) -> Score:
        """Privileged distance to the goal, at the newest published state."""
        return self._scene.task.score(self._scene.arm, self._episode())

    def privileged_state(self) -> dict[str, float]:
        """Ground truth by name, SI units, at the newest published state."""
        return self._scene.task.privileged_state(self._scene.arm, self._episode())

    def _episode(self) -> Episode:
        return self._scene.episode(self._mirror.update().seed)
