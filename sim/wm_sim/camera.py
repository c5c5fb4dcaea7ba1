"""A camera of a simulation that runs in this or another process."""

from typing import Self

from wm_robot.core.errors import DriverError
from wm_robot.core.types import Frame
from wm_sim.gl import Camera
from wm_sim.optics import Optics, optics
from wm_sim.scene_mirror import SceneMirror


class SimCamera:
    """`core.protocols.FrameSource`: what one camera sees of the newest state that a `SimDriver` published.

    A frame is stamped with the time of that state, on the driver's clock. When the driver dies or stops
    publishing, stamp and picture stay as they are.

    Args:
        name: of the camera in the scene: "front" or "top".
        simulation: `SimConfig.name` of the driver.
        image_size: height and width, pixels.

    Not thread-safe.
    """

    def __init__(self, name: str, *, simulation: str = "sim", image_size: int = 64) -> None:
        self._name, self._simulation, self._image_size = name, simulation, image_size
        self._mirror: SceneMirror | None = None
        self._frame: tuple[int, Frame] | None = None

    @property
    def name(self) -> str:
        return self._name

    def connect(self) -> None:
        """Raises DriverError naming the simulations that run, UnknownNameError, GraphicsError."""
        mirror = SceneMirror(self._simulation)
        size = self._image_size
        self._camera = Camera(mirror.scene.model, height=size, width=size)
        self._mirror, self._frame = mirror, None
        self.read()

    def read(self) -> Frame:
        mirror = self._connection()
        snapshot = mirror.update()
        if self._frame is None or self._frame[0] != snapshot.sequence:
            image = self._camera.image(mirror.scene.robot.data, self.name)
            self._frame = snapshot.sequence, Frame(stamp_ns=snapshot.stamp_ns, image=image)
        return self._frame[1]

    def optics(self) -> Optics:
        """Where this camera stands in the present episode, and how it projects."""
        mirror = self._connection()
        mirror.update()
        size = self._image_size
        return optics(mirror.scene.model, mirror.scene.robot.data, self.name, size, size)

    def disconnect(self) -> None:
        self._mirror = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *exception: object) -> None:
        self.disconnect()

    def _connection(self) -> SceneMirror:
        if self._mirror is None:
            raise DriverError(f"simulated camera {self.name!r} is not connected; call connect() first")
        return self._mirror
