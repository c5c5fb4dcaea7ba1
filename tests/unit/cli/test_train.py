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
    """Configs and planning settings that the stand-in for training was called with."""
    calls = []

    def train(config, progress, *, planning):
        calls.append((config, planning))
        progress("encoder", 1, 2, {"prediction": 0.5})
        progress("latent", 1, 1, {"prediction": 0.25})
        return REPORT

    monkeypatch.setattr("wm_robot.models.train.train", train)
    return calls


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
    config, _ = asked[0]
    assert (config.encoder_phase.steps, config.seed, config.data.name) == (7, 3, "somewhere")


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


def test_the_checkpoint_shall_carry_the_planning_settings_of_the_file(asked, tmp_path):
    settings = tmp_path / "planning.json"
    settings.write_text('{"search": {"horizon": 2}, "costs": {"posture": {"terminal": 2.0}}}')
    command = ["train", "--data", "somewhere", "--output", str(tmp_path / "out")]
    assert main([*command, "--planning", str(settings)]) == 0
    _, planning = asked[0]
    assert (planning["search"]["horizon"], planning["costs"]) == (2, {"posture": {"terminal": 2.0}})


def test_planning_settings_that_do_not_exist_are_refused_before_training(asked, capsys, tmp_path):
    settings = tmp_path / "planning.json"
    settings.write_text('{"costs": {"pasture": {}}}')
    command = ["train", "--data", "somewhere", "--output", str(tmp_path / "out")]
    assert main([*command, "--planning", str(settings)]) == 2
    error = capsys.readouterr().err
    assert "pasture" in error
    assert "posture" in error
    assert not asked


def test_only_the_first_of_several_processes_speaks(asked, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RANK", "1")
    assert main(["train", "--data", "somewhere", "--output", str(tmp_path), "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_a_bad_setting_is_one_line_and_exit_code_2(asked, capsys):
    arguments = ["--data", "d", "--output", "o", "--objective.anti-collapse", "hope"]
    assert main(["train", *arguments]) == 2
    assert "unknown anti_collapse 'hope'; valid: ema, sigreg" in capsys.readouterr().err
