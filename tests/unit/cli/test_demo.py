"""`wmr demo`, with stand-in episodes: what it writes and what it refuses to overwrite."""

import json

import numpy as np
import pytest

from wm_robot.cli.main import main
from wm_robot.evaluation.report.episode import DemoEpisode, Outcome, TaskReport

FRAMES = np.zeros((3, 8, 8, 3), np.uint8)
EPISODE = DemoEpisode(
    seed=0,
    success=True,
    images={"front": FRAMES},
    goal_images={"front": FRAMES[0]},
    imagined={"front": FRAMES[:1]},
    imagined_from=0,
    latent_distance=np.array([2.0, 1.0, 0.5]),
    error=np.array([0.3, 0.1, 0.01]),
    plan_ms=np.array([20.0, 30.0]),
    actions=np.zeros((2, 3)),
)


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """Evaluations that the stand-in for the closed loop was asked for."""
    asked = []

    def show_task(config, dataset, on_result):
        asked.append(config)
        dataset.mkdir(parents=True)
        figures = {"episodes": 1, "success_rate": 1.0, "success_ci": [0.2, 1.0], "median_final_error_m": 0.01}
        summary = {
            "task": config.task,
            **figures,
            "baselines": {"random": {**figures, "success_rate": 0.0, "success_ci": [0.0, 0.8]}},
            "plan_ms_p50": 25.0,
            "plan_ms_p99": 40.0,
            "planning": {"planner": "cem"},
            "seed": config.seed,
            "backend": config.backend,
            "checkpoint_sha256": "cafe",
            "commit": "unknown",
        }
        outcome = Outcome(
            name="cem", episodes=1, success_rate=1.0, success_ci=(0.2, 1.0), median_final_error=0.01
        )
        return summary, TaskReport(
            task=config.task, unit="m", tolerance=0.02, rate_hz=5.0, outcomes=(outcome,), episodes=(EPISODE,)
        )

    monkeypatch.setattr("wm_robot.cli.demo.show_task", show_task)
    monkeypatch.setattr("wm_robot.cli.demo.shipped_checkpoint", lambda task: tmp_path / task)
    return asked


def test_the_demo_writes_a_report_a_result_and_a_dataset_for_each_task(shown, tmp_path, capsys):
    output = tmp_path / "demo"
    assert main(["demo", "--output", str(output), "--episodes", "4", "--seed", "9", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == json.loads((output / "result.json").read_text())
    assert [r["task"] for r in result] == ["reach", "push"]
    assert sorted(p.name for p in (output / "dataset").iterdir()) == ["push", "reach"]
    page = (output / "report.html").read_text()
    assert page.count("<section>") == 2
    assert "SHA-256 cafe" in page
    assert [(c.episodes, c.seed) for c in shown] == [(4, 9), (4, 9)]


def test_the_tables_tell_the_plan_rate_and_where_the_report_is(shown, tmp_path, capsys):
    output = tmp_path / "demo"
    assert main(["demo", "--output", str(output), "--tasks", "reach"]) == 0
    out = capsys.readouterr().out
    assert "40 plans a second" in out  # 1000 / 25 ms
    assert "random" in out
    assert f"report: {output / 'report.html'}" in out


def test_a_second_demo_replaces_the_first(shown, tmp_path, capsys):
    output = tmp_path / "demo"
    assert main(["demo", "--output", str(output)]) == 0
    assert main(["demo", "--output", str(output), "--tasks", "push"]) == 0
    assert [p.name for p in (output / "dataset").iterdir()] == ["push"]
    assert [p.name for p in tmp_path.iterdir()] == ["demo"]


def test_a_demo_that_fails_leaves_the_earlier_one_as_it_was(shown, tmp_path, monkeypatch):
    output = tmp_path / "demo"
    assert main(["demo", "--output", str(output)]) == 0
    before = (output / "result.json").read_text()

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("wm_robot.cli.demo.show_task", interrupted)
    assert main(["demo", "--output", str(output)]) == 130
    assert (output / "result.json").read_text() == before
    assert (output / "dataset" / "reach").is_dir()


def test_a_folder_with_other_things_in_it_is_never_replaced(shown, tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("years of work")
    assert main(["demo", "--output", str(tmp_path)]) == 2
    assert "holds 'thesis.tex', which no demo wrote" in capsys.readouterr().err
    assert main(["demo", "--output", str(tmp_path / "thesis.tex")]) == 2
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert shown == []


def test_no_task_and_no_episode_are_refused(shown, capsys):
    assert main(["demo", "--tasks"]) == 2
    assert "--tasks names no task" in capsys.readouterr().err
    assert main(["demo", "--episodes", "0"]) == 2
    assert "episodes is 0; it must be at least 1" in capsys.readouterr().err
