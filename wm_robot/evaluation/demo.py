"""What `wmr demo` shows of one task: the figures of `wmr eval`, and the episodes they come from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wm_robot.core.seeding import derive_seed
from wm_robot.evaluation.config import PLANNER, EvaluationConfig
from wm_robot.evaluation.episodes import EpisodeResult, EpisodeRunner, load_model, make_environment
from wm_robot.evaluation.evaluate import OnResult
from wm_robot.evaluation.recording import record_episode
from wm_robot.evaluation.report.episode import DemoEpisode, Outcome, TaskReport
from wm_robot.evaluation.summary import summarize
from wm_robot.runtime.recorder import EpisodeRecorder


def show_task(
    config: EvaluationConfig, dataset: Path, on_result: OnResult
) -> tuple[dict[str, Any], TaskReport]:
    """Run every episode of `config` once, write the planner's own as a dataset, and sum up.

    Args:
        config: what to run.
        dataset: new folder for the episodes.
        on_result: called after each episode.

    Returns:
        The summary that `wmr eval` gives for `config`, and the task's section of the report.

    Raises:
        WmrError: the checkpoint or the task does not exist, or they do not fit together.
    """
    model = load_model(config.checkpoint)
    environment = make_environment(config.task, model)
    runner = EpisodeRunner(config, environment, model)
    results: list[EpisodeResult] = []
    episodes: list[DemoEpisode] = []
    tolerance: float | None = None
    with EpisodeRecorder(dataset, environment) as recorder:
        for actor, index in runner.jobs:
            if actor == PLANNER:
                seed = derive_seed(config.seed, "eval", index)
                episode, score = record_episode(environment, model, runner.agent, seed, on_step=recorder)
                recorder.save(seed)
                tolerance = score.tolerance
                episodes.append(episode)
                results.append(EpisodeResult.of(actor, index, score, episode.plan_ms))
            else:
                results.append(runner.run(actor, index))
            on_result(results[-1], len(runner.jobs))
    summary = summarize(config, results, planning=runner.planning, sha256=model.sha256)
    report = TaskReport(
        task=config.task,
        unit=results[0].unit,
        tolerance=tolerance,
        rate_hz=model.action_space.rate_hz,
        outcomes=tuple(_outcomes(summary)),
        episodes=tuple(episodes),
    )
    return summary, report


def _outcomes(summary: dict[str, Any]) -> Iterator[Outcome]:
    ours = f"world model, {summary['planning']['planner']}"
    for name, figures in ((ours, summary), *summary["baselines"].items()):
        metres = figures["median_final_error_m"]
        yield Outcome(
            name=name,
            episodes=figures["episodes"],
            success_rate=figures["success_rate"],
            success_ci=tuple(figures["success_ci"]),
            median_final_error=figures["median_final_error"] if metres is None else metres,
        )
