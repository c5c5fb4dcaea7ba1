import gc

import mujoco
import numpy as np
import pytest
from wm_sim import gl
from wm_sim.gl import Camera

from wm_robot.core.errors import GraphicsError, UnknownNameError

XML = """<mujoco><worldbody>
<light pos="0 0 2"/><geom type="sphere" size="0.3" rgba="{} 1"/><camera name="eye" pos="0 0 2"/>
</worldbody></mujoco>"""


def scene(colour):
    model = mujoco.MjModel.from_xml_string(XML.format(colour))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


def test_cameras_of_several_models_and_sizes_live_and_die_in_one_process():
    model, data = scene("1 0 0")
    camera = Camera(model, height=32, width=32)
    first = camera.image(data, "eye")
    assert first[16, 16, 0] > 100  # the red sphere is in the middle
    assert first[16, 16, 1] < first[16, 16, 0] / 2  # its highlight is white
    for size in (16, 48):
        other_model, other_data = scene("0 1 0")
        green = Camera(other_model, height=size, width=size).image(other_data, "eye")
        assert green[size // 2, size // 2, 1] > 100
    gc.collect()
    np.testing.assert_array_equal(camera.image(data, "eye"), first)


@pytest.mark.parametrize("size", [16, 32, 48])
def test_a_camera_draws_into_its_own_buffer_while_others_live(size):
    model, data = scene("1 0 0")
    other_model, other_data = scene("0 1 0")
    camera = Camera(model, height=32, width=32)
    first = camera.image(data, "eye")
    other = Camera(other_model, height=size, width=size)
    np.testing.assert_array_equal(camera.image(data, "eye"), first)  # right after the other was made
    other.image(other_data, "eye")
    np.testing.assert_array_equal(camera.image(data, "eye"), first)  # and after it was used


def test_an_unknown_camera_is_an_error_that_lists_the_known_ones():
    model, data = scene("1 0 0")
    with pytest.raises(UnknownNameError, match="'ear'; valid: eye"):
        Camera(model, height=8, width=8).image(data, "ear")


def test_no_opengl_is_an_error_that_says_what_to_do(monkeypatch):
    def refuse(*_):
        raise RuntimeError("no display")

    model, _ = scene("1 0 0")
    monkeypatch.setattr(gl, "_context", None)
    monkeypatch.setattr(mujoco, "GLContext", refuse)
    with pytest.raises(GraphicsError, match=r"no display.*valid: egl, osmesa, glfw.*apt install"):
        Camera(model, height=8, width=8)
