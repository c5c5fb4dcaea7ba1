"""Where the cameras stand, each with what it sees now."""

from typing import Any

import numpy as np
from wm_sim.scene import CAMERAS, FIELD_OF_VIEW_DEG, camera_pose

from wm_robot.core.arrays import FloatArray
from wm_robot.dashboard import colours
from wm_robot.dashboard.pictures import enlarged
from wm_robot.robots import Box
from wm_robot.runtime.watch.snapshot import Snapshot

SHOWN_PX = 128
NEARER = 0.5
"""Share of the way from the view's middle at which a camera is drawn: they stand metres away."""


class CameraView:
    """Frusta of the simulation's cameras, drawn nearer than they are, so that arm and picture fit one view.

    Args:
        scene: of viser.
        view: box that the cameras frame.
        cameras: that the model reads; those that the simulation does not have are left out.
    """

    def __init__(self, scene: Any, view: Box, cameras: tuple[str, ...]) -> None:
        self._frusta: dict[str, Any] = {}
        middle = (np.array(view.low) + np.array(view.high)) / 2
        size = float(np.linalg.norm(np.subtract(view.high, view.low)))
        for name in cameras:
            if name not in CAMERAS:
                continue
            p_WC, quat_wxyz = camera_pose(name, view)
            frustum = scene.add_camera_frustum(
                f"/cameras/{name}",
                fov=np.deg2rad(FIELD_OF_VIEW_DEG),
                aspect=1.0,
                scale=0.12 * size,
                thickness=0.004,
                color=colours.BLUE,
                cast_shadow=False,
                wxyz=looking_forward(quat_wxyz),
                position=middle + NEARER * (p_WC - middle),
            )
            scene.add_label(f"/cameras/{name}/label", f"camera {name}")
            self._frusta[name] = frustum

    def show(self, snapshot: Snapshot) -> None:
        for name, frustum in self._frusta.items():
            if name in snapshot.observation.images:
                frustum.image = enlarged(snapshot.observation.images[name], SHOWN_PX)


def looking_forward(quat_wxyz: FloatArray) -> FloatArray:
    """MuJoCo's camera (looks along −z, +y up) as viser's (looks along +z, +y down): half a turn about x."""
    w, x, y, z = quat_wxyz
    return np.array([-x, w, z, -y])
