import mujoco
import numpy as np
import pytest
from wm_sim.camera import SimCamera
from wm_sim.driver import SimConfig, SimDriver
from wm_sim.gl import Camera
from wm_sim.make import TASKS
from wm_sim.optics import optics
from wm_sim.scene import CAMERAS, camera_pose, robot_scene

from wm_robot.core.clock import SimulatedClock
from wm_robot.robots import get_robot

PANDA = get_robot("panda")


def scene_with_a_lamp(p_WL):
    """A scene that is dark but for a small glowing ball at p_WL."""
    spec = robot_scene(PANDA, PANDA.workspace)
    glow = spec.add_material(name="glow", emission=1.0, rgba=[1, 1, 1, 1])
    spec.worldbody.add_geom(
        name="ball", type=mujoco.mjtGeom.mjGEOM_SPHERE, pos=p_WL, size=[0.012, 0, 0], material=glow.name
    )
    model = spec.compile()
    for number in range(model.ngeom):
        if model.geom(number).name != "ball":
            model.geom_rgba[number, 3] = 0.0
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    mujoco.mj_camlight(model, data)
    return model, data


def centroid(image):
    """(column, row) of what is bright."""
    brightness = np.where(image.min(axis=2) > 200, 1.0, 0.0)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    assert brightness.sum() > 10
    return np.array([(columns * brightness).sum(), (rows * brightness).sum()]) / brightness.sum()


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("corner", [(0.1, 0.2, 0.3), (0.9, 0.1, 0.6), (0.4, 0.9, 0.1)])
@pytest.mark.parametrize(("height", "width"), [(256, 256), (240, 320)])
def test_a_point_of_the_world_falls_on_the_pixel_where_it_is_rendered(camera, corner, height, width):
    low, high = np.array(PANDA.workspace.low), np.array(PANDA.workspace.high)
    p_WL = low + np.array(corner) * (high - low)
    model, data = scene_with_a_lamp(p_WL)
    image = Camera(model, height=height, width=width).image(data, camera)

    view = optics(model, data, camera, height, width)
    p_O = view.R_WO.T @ (p_WL - view.p_WO)
    u, v, z = view.K @ p_O
    assert z > 0  # in front of the camera
    # A ball of five pixels across covers whole pixels; half a pixel is an offset that would be seen.
    np.testing.assert_allclose([u / z, v / z], centroid(image), atol=0.3)


def test_the_quaternion_turns_the_optical_axes_as_the_matrix_does():
    model, data = scene_with_a_lamp([0.5, 0.0, 0.2])
    view = optics(model, data, "front", 64, 64)
    forward = np.empty(3)
    mujoco.mju_rotVecQuat(forward, np.array([0.0, 0.0, 1.0]), view.quat_wxyz)
    np.testing.assert_allclose(forward, view.R_WO[:, 2], atol=1e-12)
    assert np.linalg.det(view.R_WO) == pytest.approx(1.0)  # no mirror image


def test_a_camera_that_a_shift_has_moved_tells_where_it_stands_now(tmp_path):
    name, clock = f"test-{tmp_path.name}", SimulatedClock()
    nominal = camera_pose("front", TASKS.get("reach")().workspace(PANDA))[0]
    with (
        SimDriver(PANDA, SimConfig(name=name, shift="camera"), clock) as arm,
        SimCamera("front", simulation=name) as camera,
    ):
        first = camera.optics()
        arm.start_episode(1)
        second = camera.optics()
    for moved in (first, second):
        assert 0.001 < np.linalg.norm(moved.p_WO - nominal) < 0.2
    assert not np.allclose(first.p_WO, second.p_WO)
