"""`wmr eval`, without the simulation behind it."""

import json

import pytest

from wm_robot.cli.main import main
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.planners import PlanningConfig


@pytest.fixture
def seen(monkeypatch):
    """Stand-in episodes that all succeed; what the evaluation was asked for, in order."""
    configs = []

    class Runner:
        model = type("Model", (), {"sha256": "abc"})

        def __init__(self, config):
            configs.append(config)
            actors = ("planner", "random", "hold", "greedy", "oracle")
            self.jobs = [(actor, i) for actor in actors for i in range(config.episodes)]
            self.planning = config.overrides.applied_to(config.planning or PlanningConfig())

        def run(self, actor, index):
            return EpisodeResult(
                actor=actor,
                index=index,
                success=True,
                error=0.01,
                unit="m",
                details={"success_2cm": 1.0},
                plan_ms=(12.0,),
            )

    monkeypatch.setattr("wm_robot.evaluation.evaluate.load_runner", Runner)
    return configs


def test_json_stands_alone_on_standard_output(seen, tmp_path, capsys):
    arguments = ["--task", "reach", "--checkpoint", str(tmp_path), "--episodes", "3", "--seed", "7"]
    assert main(["eval", *arguments, "--planner", "icem", "--samples", "32", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["task"], result["episodes"], result["success_rate"]) == ("reach", 3, 1.0)
    assert (result["seed"], result["backend"], result["checkpoint_sha256"]) == (7, "cpu", "abc")
    assert list(result["baselines"]) == ["random", "hold", "greedy", "oracle"]
    assert result["planning"]["planner"] == "icem"
    assert result["planning"]["search"]["samples"] == 32
    assert seen[0].checkpoint == tmp_path


def test_the_table_names_the_planner_and_each_baseline(seen, tmp_path, capsys):
    assert main(["eval", "--task", "reach", "--checkpoint", str(tmp_path), "--episodes", "2"]) == 0
    out = capsys.readouterr().out
    for word in ("cem", "random", "hold", "greedy", "oracle", "100.0%", "10.0 mm", "12 ms a plan"):
        assert word in out


def test_the_result_is_saved_and_its_planning_settings_can_be_used_again(seen, tmp_path, capsys):
    saved, planning = tmp_path / "result.json", tmp_path / "planning.json"
    base = ["eval", "--task", "reach", "--checkpoint", str(tmp_path), "--episodes", "1", "--json"]
    assert main([*base, "--planner", "mppi", "--horizon", "9", "--output", str(saved)]) == 0
    result = json.loads(saved.read_text())
    assert result == json.loads(capsys.readouterr().out)
    planning.write_text(json.dumps(result["planning"]))
    assert main([*base, "--planning", str(planning)]) == 0
    assert (seen[1].planning.planner, seen[1].planning.search.horizon) == ("mppi", 9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--planner", "cme"], "unknown planner 'cme'; valid: cem, icem, mppi, predictive_sampling"),
        (["--baselines", "best"], "unknown baseline 'best'; valid: greedy, hold, oracle, random"),
        (["--samples", "1"], "planner samples is 1; valid: 2 to 1000000"),
        (["--goal-before-shift"], "goal_before_shift needs a shift"),
        (["--planning", "nowhere.json"], "cannot read planning settings from nowhere.json"),
    ],
)
def test_bad_options_are_one_line_and_exit_code_2(seen, tmp_path, capsys, arguments, message):
    assert main(["eval", "--task", "reach", "--checkpoint", str(tmp_path), *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_a_task_without_a_shipped_checkpoint_is_named(seen, capsys):
    assert main(["eval", "--task", "juggle"]) == 2
    assert "unknown shipped checkpoint 'juggle'" in capsys.readouterr().err
