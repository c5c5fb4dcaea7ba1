"""Cameras and judge of a simulation, on a thread of their own; needs no ROS."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from wm_sim.camera import SimCamera
from wm_sim.observer import SimObserver
from wm_sim.optics import Optics
from wm_sim.scene import CAMERAS

from wm_robot.core.types import Frame, Image, Score


class SimStudio:
    """Sees what a simulation publishes, so that rendering holds up neither its physics nor its commands.

    OpenGL belongs to one thread: everything here happens on that one, in turn.

    Args:
        simulation: name of the simulation, which runs.
        image_size: height and width of the pictures, pixels.
        thread: carries out one thing after the other, always on the same thread; a new one when None.

    Raises:
        DriverError: no such simulation is running.
        GraphicsError: OpenGL cannot be opened here.
    """

    def __init__(self, simulation: str, image_size: int, thread: Executor | None = None) -> None:
        self._image_size = image_size
        self._thread = thread or ThreadPoolExecutor(1, thread_name_prefix="studio")
        self._pictures: Future[None] | None = None
        self._thread.submit(self._open, simulation).result()

    def shoot(self, take: Callable[[Mapping[str, Frame]], None]) -> bool:
        """Take a picture with each camera; False where the last ones are not ready yet.

        Args:
            take: is given them by camera, on the studio's thread.

        Raises:
            Exception: what went wrong with the last ones.
        """
        if self._pictures is not None:
            if not self._pictures.done():
                return False
            self._pictures.result()
        self._pictures = self._thread.submit(self._shoot, take)
        return True

    def wait(self) -> None:
        """Until the pictures that are being taken are there."""
        if self._pictures is not None:
            self._pictures.result()

    def goal(self) -> Mapping[str, Image]:
        """What each camera would show at the goal of the present episode."""
        return self._thread.submit(self._goal).result()

    def optics(self) -> Mapping[str, Optics]:
        """Of each camera, in the present episode."""
        return self._thread.submit(self._optics).result()

    def score(self) -> tuple[Score, int]:
        """How far the simulation is from its goal, and the seed of the episode."""
        return self._thread.submit(lambda: (self._observer.score(), self._observer.seed)).result()

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    def _open(self, simulation: str) -> None:
        self._observer = SimObserver(simulation)
        self._cameras = [
            SimCamera(name, simulation=simulation, image_size=self._image_size) for name in CAMERAS
        ]
        for camera in self._cameras:
            camera.connect()

    def _shoot(self, take: Callable[[Mapping[str, Frame]], None]) -> None:
        take({camera.name: camera.read() for camera in self._cameras})

    def _goal(self) -> Mapping[str, Image]:
        images = self._observer.goal(self._image_size).images
        assert images is not None, "an observer's goals are pictures"
        return images

    def _optics(self) -> Mapping[str, Optics]:
        return {camera.name: camera.optics() for camera in self._cameras}
