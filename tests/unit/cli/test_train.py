"""`wmr train`, without the training behind it."""

import json

import pytest

from wm_robot.cli.main import main

REPORT = {
    "warnings": ["the latent hardly holds puck_y"],
    "prediction": {
        "model": [0.1, 0.2],
        "copy_last": [0.5, 0.9],
        "linear": [0.3, 0.4],
        "ratio_interval": [0.15, 0.3],
        "held_out_episodes": 4,
        "action_sensitivity": [3.0, 5.0],
    },
    "latent": {"effective_rank": 12.5, "probe_r2": {"puck_x": 0.99}},
}


@pytest.fixture
def asked(monkeypatch):
    """Configs that the stand-in for training was called with."""
    configs = []

    def train(config, progress):
        configs.append(config)
        progress("encoder", 1, 2, {"prediction": 0.5})
        progress("latent", 1, 1, {"prediction": 0.25})
        return REPORT

    monkeypatch.setattr("wm_robot.models.train.train", train)
    return configs


def test_json_stands_alone_on_standard_output(asked, capsys, tmp_path):
    arguments = [
        "--data",
        "somewhere",
        "--output",
        str(tmp_path),
        "--encoder-phase.steps",
        "7",
        "--seed",
        "3",
    ]
    assert main(["train", *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == REPORT | {"checkpoint": str(tmp_path)}
    assert (asked[0].encoder_phase.steps, asked[0].seed, asked[0].data.name) == (7, 3, "somewhere")


def test_the_table_puts_the_model_beside_its_baselines_for_every_step(asked, capsys, tmp_path):
    assert main(["train", "--data", "somewhere", "--output", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    for words in (
        "the latent hardly holds puck_y",
        "0.1000",
        "0.9000",
        "0.4000",
        "× 5.00",
        "4 held-out",
        "effective_rank: 12.5",
        "puck_x 0.99",
    ):
        assert words in out


def test_only_the_first_of_several_processes_speaks(asked, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RANK", "1")
    assert main(["train", "--data", "somewhere", "--output", str(tmp_path), "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_a_bad_setting_is_one_line_and_exit_code_2(asked, capsys):
    arguments = ["--data", "d", "--output", "o", "--objective.anti-collapse", "hope"]
    assert main(["train", *arguments]) == 2
    assert "unknown anti_collapse 'hope'; valid: ema, sigreg" in capsys.readouterr().err
