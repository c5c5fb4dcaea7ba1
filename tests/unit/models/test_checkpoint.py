"""A checkpoint is whole or refused."""

import json

import numpy as np
import pytest

from wm_robot.checkpoints import shipped_checkpoints
from wm_robot.core.errors import CheckpointError
from wm_robot.core.types import Goal
from wm_robot.models.checkpoint import CONFIG, WEIGHTS, load_checkpoint, save_checkpoint
from wm_robot.models.stored_weights import restored
from wm_robot.models.world_model import WorldModel


@pytest.fixture
def saved(tmp_path, model_config):
    model = WorldModel(model_config).eval()
    save_checkpoint(model, tmp_path / "model")
    return model, tmp_path / "model"


def images():
    generator = np.random.default_rng(3)
    return {c: generator.integers(0, 256, (64, 64, 3), dtype=np.uint8) for c in ("front", "top")}


def test_a_saved_model_encodes_as_before_to_half_precision(saved):
    model, directory = saved
    before, after = (m.encode_goal(Goal(images=images())) for m in (model, load_checkpoint(str(directory))))
    # Weights are stored with 11 significant bits: relative steps of 2^-11 = 5e-4 each.
    np.testing.assert_allclose(after, before, atol=1e-2)
    assert load_checkpoint(directory).config == model.config


def test_a_saved_model_draws_as_before_to_a_hundredth_of_full_scale(saved):
    model, directory = saved
    latents = np.random.default_rng(0).normal(size=(4, model.encode_goal(Goal(images=images())).size))
    for camera, before in model.decode(latents).items():
        after = load_checkpoint(directory).decode(latents)[camera]
        # A weight is off by 1/254 of its row's largest at most, and hundreds of them average out.
        assert np.abs(before.astype(int) - after).max() <= 3


def test_all_but_the_decoder_is_stored_in_half_precision(saved):
    model, directory = saved
    before, after = model.state_dict(), load_checkpoint(directory).state_dict()
    assert before.keys() == after.keys()
    for name, value in before.items():
        if not name.startswith("decoder."):
            np.testing.assert_array_equal(after[name], value.half().float(), err_msg=name)


def test_a_model_that_is_loaded_and_saved_again_is_the_same_file(saved, tmp_path):
    _, directory = saved
    save_checkpoint(load_checkpoint(directory), tmp_path / "again")
    assert (tmp_path / "again" / WEIGHTS).read_bytes() == (directory / WEIGHTS).read_bytes()


def test_checkpoints_with_a_decoder_in_half_precision_are_still_read(saved):
    model, _ = saved
    state = {name: value.half() for name, value in model.state_dict().items()}
    loaded = restored(state)
    for name, value in state.items():
        np.testing.assert_array_equal(loaded[name], value.float(), err_msg=name)


def test_the_shipped_checkpoints_are_small_enough_to_come_with_the_package():
    files = [file for folder in shipped_checkpoints().values() for file in folder.iterdir()]
    assert sum(file.stat().st_size for file in files) < 12e6


def test_a_folder_without_a_checkpoint_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"config\.json and model\.safetensors"):
        load_checkpoint(tmp_path)


def test_weights_cut_short_by_one_byte_are_refused(saved):
    _, directory = saved
    content = (directory / WEIGHTS).read_bytes()
    (directory / WEIGHTS).write_bytes(content[:-1])
    with pytest.raises(CheckpointError, match="half-written"):
        load_checkpoint(directory)


def test_weights_of_another_run_are_refused(saved, tmp_path, model_config):
    _, directory = saved
    save_checkpoint(WorldModel(model_config), tmp_path / "other")
    (directory / WEIGHTS).write_bytes((tmp_path / "other" / WEIGHTS).read_bytes())
    with pytest.raises(CheckpointError, match="does not belong"):
        load_checkpoint(directory)


def test_an_unknown_field_in_the_config_is_named(saved):
    _, directory = saved
    document = json.loads((directory / CONFIG).read_text())
    (directory / CONFIG).write_text(json.dumps(document | {"extra_field": 1}))
    with pytest.raises(CheckpointError, match="extra_field"):
        load_checkpoint(directory)


def test_a_config_that_is_no_json_is_refused(saved):
    _, directory = saved
    (directory / CONFIG).write_text('{"model": ')
    with pytest.raises(CheckpointError, match="not a whole checkpoint"):
        load_checkpoint(directory)
