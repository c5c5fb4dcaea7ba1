"""A checkpoint is whole or refused."""

import json

import numpy as np
import pytest

from wm_robot.core.errors import CheckpointError
from wm_robot.core.types import Goal
from wm_robot.models.checkpoint import CONFIG, WEIGHTS, load_checkpoint, save_checkpoint
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
