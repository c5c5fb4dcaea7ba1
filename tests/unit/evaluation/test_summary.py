"""The figures of an evaluation, from episodes given by hand."""

from pathlib import Path

import pytest

from wm_robot.evaluation.config import EvaluationConfig
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.evaluation.evaluate import evaluate
from wm_robot.evaluation.summary import actor_summary, summarize
from wm_robot.planners import PlanningConfig

CONFIG = EvaluationConfig(task="reach", checkpoint=Path("unused"), episodes=4, baselines=("hold", "oracle"))


def episode(actor, index, error, unit="m", plan_ms=(10.0,)):
    return EpisodeResult(
        actor=actor,
        index=index,
        success=error < 0.02,
        error=error,
        unit=unit,
        details={"success_4cm": float(error < 0.04), "contacts": 3.0},
        plan_ms=plan_ms,
    )


def test_the_summary_has_every_documented_key_and_the_figures_of_its_episodes():
    errors = (0.01, 0.015, 0.03, 0.05)
    results = [episode("planner", i, e, plan_ms=(10.0, 20.0, 30.0)) for i, e in enumerate(errors)]
    results += [episode("hold", i, 0.3) for i in range(2)] + [episode("oracle", 0, 0.0)]
    summary = summarize(CONFIG, results, planning=PlanningConfig(), sha256="abc")
    documented = {
        "task",
        "episodes",
        "success_rate",
        "success_ci",
        "median_final_error_m",
        "baselines",
        "plan_ms_p50",
        "plan_ms_p99",
        "backend",
        "seed",
        "checkpoint_sha256",
    }
    assert documented <= set(summary)
    assert (summary["episodes"], summary["success_rate"], summary["success_4cm"]) == (4, 0.5, 0.75)
    # 2 of 4: centre 1/2, half width 1.96/(1 + 3.8416/4) · √(1/16 + 3.8416/64) = 0.35.
    assert summary["success_ci"] == pytest.approx([0.15, 0.85], abs=1e-3)
    # Between 15 and 30 mm.
    assert summary["median_final_error_m"] == pytest.approx(0.0225)
    assert summary["plan_ms_p50"] == 20.0
    assert summary["plan_ms_p99"] == 30.0
    assert "contacts" not in summary
    assert list(summary["baselines"]) == ["hold", "oracle"]
    assert summary["baselines"]["hold"]["success_rate"] == 0.0
    assert summary["baselines"]["oracle"]["episodes"] == 1


def test_errors_that_are_not_metres_are_never_called_so():
    summary = actor_summary([episode("planner", 0, 0.5, unit="rad")])
    assert summary["median_final_error_m"] is None
    assert (summary["median_final_error"], summary["error_unit"]) == (0.5, "rad")


def test_evaluate_runs_every_job_and_tells_of_each(monkeypatch):
    class Runner:
        planning = PlanningConfig()
        jobs = [("planner", i) for i in range(4)] + [("hold", 0), ("hold", 1)]
        model = type("Model", (), {"sha256": "abc"})

        def run(self, actor, index):
            return episode(actor, index, 0.01 * index)

    monkeypatch.setattr("wm_robot.evaluation.evaluate.load_runner", lambda config: Runner())
    told = []
    summary = evaluate(CONFIG, lambda result, total: told.append((result.actor, result.index, total)))
    assert told == [(*job, 6) for job in Runner.jobs]
    # Errors 0, 1, 2, 3 cm: the first two are below 2 cm.
    assert summary["success_rate"] == 0.5
    assert summary["checkpoint_sha256"] == "abc"
