"""A run is a function of its settings, whether or not it was interrupted."""

import dataclasses

import numpy as np
import pytest
import torch

from wm_robot.core.errors import MismatchError
from wm_robot.models.checkpoint import load_checkpoint
from wm_robot.models.train import Training


def quiet(*_args):
    pass


class InterruptAt:
    """Stands in for Ctrl-C at a given step of a given phase."""

    def __init__(self, phase, step):
        self.when = (phase, step)

    def __call__(self, phase, step, _total, _terms):
        if (phase, step) == self.when:
            raise KeyboardInterrupt


def weights(directory):
    return load_checkpoint(directory).state_dict()


@pytest.mark.parametrize(
    ("anti_collapse", "interruption"),
    [
        ("sigreg", InterruptAt("encoder", 3)),
        ("ema", InterruptAt("encoder", 3)),
        ("sigreg", InterruptAt("latent", 1)),
        ("sigreg", InterruptAt("latent", 3)),
    ],
)
def test_an_interrupted_run_ends_with_the_weights_of_an_uninterrupted_one(
    train_config, model_config, frames, anti_collapse, interruption
):
    objective = dataclasses.replace(train_config.objective, anti_collapse=anti_collapse)
    config = dataclasses.replace(train_config, save_every_s=0.0, objective=objective)
    whole = dataclasses.replace(config, output=config.output.with_name("whole"))
    Training(whole, model_config, frames, quiet).run()

    with pytest.raises(KeyboardInterrupt):
        Training(config, model_config, frames, interruption).run()
    Training(config, model_config, frames, quiet).run()

    for name, value in weights(whole.output).items():
        assert torch.equal(value, weights(config.output)[name]), name


@pytest.fixture
def twelve_episodes(frames):
    """Twelve episodes of six frames: three held out, one for validation, eight to train on."""
    return dataclasses.replace(frames, start=np.arange(12) * 6, length=np.full(12, 6))


def test_no_episode_has_two_parts(train_config, model_config, twelve_episodes):
    run = Training(dataclasses.replace(train_config, held_out=0.25), model_config, twelve_episodes, quiet)
    parts = [part.indices() for part in (run.train, run.validation, run.held_out)]
    assert [len(part) for part in parts] == [48, 6, 18]
    assert len(np.unique(np.concatenate(parts))) == 72


@pytest.mark.parametrize("frames_of_the_validation_episode", [2, 4, 6])
def test_short_validation_episodes_do_not_end_a_finished_training(
    train_config, model_config, twelve_episodes, frames_of_the_validation_episode
):
    length = twelve_episodes.length.copy()
    length[8] = frames_of_the_validation_episode
    config = dataclasses.replace(train_config, held_out=0.25)
    frames = dataclasses.replace(twelve_episodes, length=length)
    report = Training(config, model_config, frames, quiet).run()
    assert 0.0 <= report["believed_change"] <= 1.0
    assert len(report["prediction"]["model"]) == 4


def test_another_seed_gives_other_weights(train_config, model_config, frames, tmp_path):
    other = dataclasses.replace(train_config, seed=1, output=tmp_path / "other")
    Training(train_config, model_config, frames, quiet).run()
    Training(other, model_config, frames, quiet).run()
    name = "encoder.patch.weight"
    assert not torch.equal(weights(train_config.output)[name], weights(other.output)[name])


def test_an_unfinished_run_refuses_other_settings_and_names_them(train_config, model_config, frames):
    config = dataclasses.replace(train_config, save_every_s=0.0)
    with pytest.raises(KeyboardInterrupt):
        Training(config, model_config, frames, InterruptAt("encoder", 3)).run()
    changed = dataclasses.replace(config, seed=7)
    with pytest.raises(MismatchError, match="seed"):
        Training(changed, model_config, frames, quiet).run()


def test_the_report_has_every_figure_that_the_monitor_promises(train_config, model_config, frames):
    report = Training(train_config, model_config, frames, quiet).run()
    assert 1.0 <= report["latent"]["effective_rank"] <= 16.0  # P * D = 2 * 2 * 4
    assert set(report["latent"]["probe_r2"]) == {"puck_x"}
    for name in ("model", "copy_last", "linear"):
        assert len(report["prediction"][name]) == 8
    assert report["prediction"]["held_out_episodes"] == 2
