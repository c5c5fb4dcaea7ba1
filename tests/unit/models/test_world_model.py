"""What goes into the model is checked at its border."""

import dataclasses

import numpy as np
import pytest

from wm_robot.core.errors import MismatchError, NotFiniteError, ShapeError, UnknownNameError
from wm_robot.core.types import Goal, Observation
from wm_robot.models.encoders import encoders
from wm_robot.models.world_model import WorldModel


@pytest.fixture
def model(model_config):
    return WorldModel(model_config).eval()


def observation(*, size=64, cameras=("front", "top"), proprio=(0.6, 0.2)):
    images = {c: np.full((size, size, 3), 128, np.uint8) for c in cameras}
    return Observation(stamp_ns=0, images=images, proprio=np.array(proprio))


def test_a_latent_ends_with_the_normalised_proprioception(model):
    # (0.6 − 0.5) / 0.1 = 1 and (0.2 − 0.0) / 0.2 = 1
    np.testing.assert_allclose(model.encode(observation())[-2:], [1.0, 1.0], rtol=1e-6)


def test_a_goal_image_gives_the_visual_part_of_the_latent(model):
    seen = observation()
    np.testing.assert_array_equal(model.encode_goal(Goal(images=seen.images)), model.encode(seen)[:16])


def test_another_image_size_is_refused_with_both_sizes(model):
    with pytest.raises(ShapeError, match=r"'front'.*\(32, 32, 3\).*\(64, 64, 3\)"):
        model.encode(observation(size=32))


def test_a_missing_camera_is_named(model):
    with pytest.raises(UnknownNameError, match="top"):
        model.encode(observation(cameras=("front",)))


def test_nan_in_the_proprioception_is_named(model):
    with pytest.raises(NotFiniteError, match="ee_y"):
        model.encode(observation(proprio=(0.5, np.nan)))


def test_a_pose_goal_has_no_visual_latent(model):
    with pytest.raises(MismatchError, match="goal images"):
        model.encode_goal(Goal(pose={"ee_x": 0.5}))


def test_imagined_images_have_the_cameras_shapes(model):
    imagined = model.decode(np.zeros((3, 18), np.float32))
    assert {name: (x.shape, x.dtype) for name, x in imagined.items()} == {
        "front": ((3, 64, 64, 3), np.uint8),
        "top": ((3, 64, 64, 3), np.uint8),
    }


def sized(config, *, grid, image_size, encoder="patch_grid"):
    return dataclasses.replace(
        config,
        model=dataclasses.replace(config.model, grid=grid, encoder=encoder),
        observation_space=dataclasses.replace(config.observation_space, image_size=image_size),
    )


@pytest.mark.parametrize("encoder", sorted(encoders))
@pytest.mark.parametrize(("grid", "image_size"), [(1, (64, 64)), (2, (32, 96)), (4, (128, 64))])
def test_images_need_not_be_square(model_config, encoder, grid, image_size):
    model = WorldModel(sized(model_config, grid=grid, image_size=image_size, encoder=encoder)).eval()
    images = {c: np.full((*image_size, 3), 128, np.uint8) for c in ("front", "top")}
    latent = model.encode(Observation(stamp_ns=0, images=images, proprio=np.array([0.5, 0.0])))
    assert latent.shape == (grid**2 * 4 + 2,)
    assert model.decode(latent[None])["front"].shape == (1, *image_size, 3)


@pytest.mark.parametrize("image_size", [(480, 640), (16, 16), (64, 72)])
def test_images_that_cannot_be_cut_into_tokens_are_refused(model_config, image_size):
    with pytest.raises(MismatchError, match=rf"{image_size[0]}×{image_size[1]} .* multiple of 64"):
        WorldModel(sized(model_config, grid=4, image_size=image_size))
