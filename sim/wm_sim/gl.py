"""The one place that chooses and opens OpenGL.

`MUJOCO_GL` must be set before mujoco is imported, so `wm_sim/__init__.py` imports this module first.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from typing import Any

if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("MUJOCO_GL", "egl")

import mujoco
import numpy as np

from wm_robot.core.errors import GraphicsError, UnknownNameError
from wm_robot.core.types import Image

_context: Any = None


class Camera:
    """Renders one model's named cameras at one size.

    All cameras of a process share one OpenGL context, which lives as long as the process: with several,
    freeing one camera's buffers frees those of whichever context is current, and images become noise.
    Not thread-safe.

    Raises:
        GraphicsError: OpenGL cannot be opened here.
    """

    def __init__(self, model: mujoco.MjModel, *, height: int, width: int) -> None:
        self._model, self._size = model, (height, width)
        _make_current()
        self._scene = mujoco.MjvScene(model, maxgeom=1000)
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            self._scene.flags[flag] = False
        self._option, self._view = mujoco.MjvOption(), mujoco.MjvCamera()
        self._view.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._render = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        self._viewport = mujoco.MjrRect(0, 0, width, height)
        self._numbers = {model.camera(i).name: i for i in range(model.ncam)}

    def image(self, data: mujoco.MjData, camera: str) -> Image:
        """What `camera` sees of `data`, (height, width, 3) uint8.

        Positions must be current (`mj_kinematics`, `mj_camlight`); nothing in `data` changes.
        """
        return self.images(data, (camera,))[camera]

    def images(self, data: mujoco.MjData, cameras: Sequence[str]) -> dict[str, Image]:
        """`image` of each of `cameras`, by name."""
        _make_current()
        # Another camera of this process may have been made or used since: its buffer would be drawn into.
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._render)
        return {camera: self._draw(data, camera) for camera in cameras}

    def _draw(self, data: mujoco.MjData, camera: str) -> Image:
        if camera not in self._numbers:
            raise UnknownNameError("camera", camera, list(self._numbers))
        self._view.fixedcamid = self._numbers[camera]
        mujoco.mjv_updateScene(
            self._model, data, self._option, None, self._view, mujoco.mjtCatBit.mjCAT_ALL, self._scene
        )
        mujoco.mjr_render(self._viewport, self._scene, self._render)
        pixels = np.empty((*self._size, 3), np.uint8)
        mujoco.mjr_readPixels(pixels, None, self._viewport, self._render)
        return np.ascontiguousarray(pixels[::-1])


def _make_current() -> None:
    global _context  # noqa: PLW0603  (one OpenGL context a process)
    if _context is None:
        try:
            # Its size is without effect: images are rendered into the model's own offscreen buffer.
            _context = mujoco.GLContext(64, 64)
            # Never destroyed: at exit, whoever shares the EGL display has ended it already.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(_context))
        except Exception as error:
            backend = os.environ.get("MUJOCO_GL", "glfw")
            raise GraphicsError(
                f"no OpenGL context with MUJOCO_GL={backend} ({error}); valid: egl, osmesa, glfw. "
                "Next: install a software renderer (Debian: apt install libegl1 libgl1-mesa-dri) "
                "and run with MUJOCO_GL=egl"
            ) from error
    _context.make_current()
