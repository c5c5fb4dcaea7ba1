"""What each camera sees now, in the scene: where the camera stands, where that is known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from wm_hardware.hand_eye import HandEye
from wm_sim.scene import CAMERAS, FIELD_OF_VIEW_DEG, camera_pose

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.dashboard import colours
from wm_robot.dashboard.pictures import enlarged
from wm_robot.robots import Box
from wm_robot.runtime.watch.snapshot import Snapshot

SHOWN_PX = 128
NEARER = 0.5
"""Share of the way from the view's middle at which a simulated camera is drawn: they stand metres away."""

FRUSTUM = 0.12
"""Size of what is drawn of a camera, over that of the box around all."""

FACING = (0.5, -0.5, -0.5, 0.5)
"""quat_wxyz of a picture that stands upright and is looked at along −x."""


@dataclass(frozen=True, kw_only=True)
class CameraPlace:
    """Where a camera stands in the world, as viser counts: it looks along +z, with +y down in the picture.

    Args:
        p_WC: (3,), m.
        quat_wxyz: (4,).
        fov_rad: angle of view, from the picture's top to its bottom.
    """

    p_WC: FloatArray
    quat_wxyz: FloatArray
    fov_rad: float


class CameraView:
    """A frustum with its picture where a camera's place is known; else a picture behind the arm that says so.

    Args:
        scene: of viser.
        view: box around which all is drawn.
        cameras: that the model reads.
        places: of those whose place is known.
    """

    def __init__(
        self, scene: Any, view: Box, cameras: tuple[str, ...], places: dict[str, CameraPlace]
    ) -> None:
        self._pictures: dict[str, Any] = {}
        low, high = np.array(view.low), np.array(view.high)
        size = float(np.linalg.norm(high - low))
        nowhere = [name for name in cameras if name not in places]
        for name in cameras:
            path = f"/cameras/{name}"
            if name in places:
                self._pictures[name] = _frustum(scene, path, places[name], FRUSTUM * size)
                below = _below_picture(places[name], FRUSTUM * size)
                scene.add_label(f"{path}/label", f"camera {name}", position=below)
                continue
            aside = nowhere.index(name) - (len(nowhere) - 1) / 2
            centre = (low + high) / 2 + size * np.array([-1.1, 0.6 * aside, 0.5])
            blank = np.full((SHOWN_PX, SHOWN_PX, 3), 235, np.uint8)
            self._pictures[name] = scene.add_image(
                path, blank, 0.5 * size, 0.5 * size, cast_shadow=False, wxyz=FACING, position=centre
            )
            scene.add_label(f"{path}/label", f"{name}: place unknown")

    def show(self, snapshot: Snapshot) -> None:
        for name, picture in self._pictures.items():
            if name in snapshot.observation.images:
                picture.image = enlarged(snapshot.observation.images[name], SHOWN_PX)


def simulated_places(view: Box) -> dict[str, CameraPlace]:
    """Of the simulation's cameras, which frame `view`: nearer than they are, so that all fits one picture."""
    middle = (np.array(view.low) + np.array(view.high)) / 2
    poses = {name: camera_pose(name, view) for name in CAMERAS}
    return {
        name: CameraPlace(
            p_WC=middle + NEARER * (p_WC - middle),
            quat_wxyz=looking_forward(quat_wxyz),
            fov_rad=float(np.deg2rad(FIELD_OF_VIEW_DEG)),
        )
        for name, (p_WC, quat_wxyz) in poses.items()
    }


def calibrated_places(folder: Path, cameras: tuple[str, ...]) -> dict[str, CameraPlace]:
    """Of the cameras beside the arm that `wmr calibrate` has found, NAME.json in `folder`."""
    found = {}
    for name in cameras:
        try:
            eye = HandEye.load(folder / f"{name}.json")
        except WmrError:  # not calibrated, or its lens alone
            continue
        if eye.mount == "fixed":
            half = min(eye.intrinsics.width, eye.intrinsics.height) / 2  # the model sees the middle square
            found[name] = CameraPlace(
                p_WC=np.array(eye.p_PC),
                quat_wxyz=np.array(eye.quat_PC_wxyz),
                fov_rad=2 * float(np.arctan(half / eye.intrinsics.fy)),
            )
    return found


def looking_forward(quat_wxyz: FloatArray) -> FloatArray:
    """MuJoCo's camera (looks along −z, +y up) as viser's (looks along +z, +y down): half a turn about x."""
    w, x, y, z = quat_wxyz
    return np.array([-x, w, z, -y])


def _below_picture(place: CameraPlace, scale: float) -> FloatArray:
    """In the camera's frame, m: the eye of a frustum, where a label would be by default, may be out of view.

    viser draws frusta of one `scale` with one volume, whatever their angle is.
    """
    half = np.tan(place.fov_rad / 2)
    return scale / np.cbrt(half**2 / 3) * np.array([0.0, 1.3 * half, 1.0])


def _frustum(scene: Any, path: str, place: CameraPlace, scale: float) -> Any:
    return scene.add_camera_frustum(
        path,
        fov=place.fov_rad,
        aspect=1.0,
        scale=scale,
        thickness=0.004,
        color=colours.BLUE,
        cast_shadow=False,
        wxyz=place.quat_wxyz,
        position=place.p_WC,
    )
