"""Whole studies of the point mass."""

import json
from dataclasses import replace

import pytest

from wm_robot.core.errors import MismatchError, MissingDependencyError, WmrError
from wm_robot.core.seeding import derive_seed
from wm_robot.insight.presets import read_preset
from wm_robot.tuning.journal import JOURNAL
from wm_robot.tuning.results import write_results
from wm_robot.tuning.study_store import StudyStore
from wm_robot.tuning.tune import tune
from wm_robot.tuning.view import VIEW, read_study

pytest.importorskip("optuna")


def run(config, pool, on_episode=lambda view: None):
    return tune(config, on_episode, make_pool=pool.made, make_quiet_pool=pool.made)


def test_the_first_trial_is_the_checkpoints_own_and_the_front_is_measured_again(config, pool):
    study = run(config, pool)
    assert study.finished
    assert study.baseline == 0
    assert study.trials[0].planning == pool.worker.subject().planning
    assert len(study.trials) == config.budget
    assert study.trials[0].figures.episodes == config.episodes
    for number in study.chosen:
        assert study.trial(number).confirmed.episodes == config.confirm_episodes
    assert read_study(config.output) == study


def test_goals_that_choose_confirm_and_report_are_three_streams(config, pool):
    run(config, pool)
    seeds = {seed for _, seed, _ in pool.asked}
    assert seeds == {config.choosing_seed, config.confirming_seed}
    episodes = {derive_seed(seed, "eval", index) for seed in seeds for index in range(50)}
    reported = {derive_seed(seed, "eval", index) for seed in range(50) for index in range(200)}
    assert len(episodes) == 100
    assert not episodes & reported


def test_an_interrupted_study_repeats_no_episode_and_ends_like_one_that_was_not(config, pool):
    whole = run(replace(config, output=config.output / "whole"), pool)
    wanted, pool.asked = pool.asked, []
    runs = 0
    for pool.stop_after in range(2, 60, 2):  # stopped after every second episode
        runs += 1
        try:
            study = run(config, pool)
            break
        except KeyboardInterrupt:
            continue
    assert runs > 3
    assert pool.asked == wanted
    assert [t.params for t in study.trials] == [t.params for t in whole.trials]
    assert study.front == whole.front


def test_a_torn_line_at_the_end_of_the_journal_costs_that_line_alone(config, pool):
    study = run(config, pool)
    with open(config.output / JOURNAL, "ab") as journal:
        journal.write(b'{"op_code": 8, "trial_id"')
    pool.asked = []
    again = run(replace(config, budget=5), pool)
    assert [t.params for t in again.trials[:4]] == [t.params for t in study.trials]
    assert len(again.trials) == 5


def test_a_finished_study_runs_nothing_and_a_larger_budget_goes_on(config, pool):
    study = run(config, pool)
    pool.asked = []
    assert run(config, pool) == study
    assert pool.asked == []
    assert len(run(replace(config, budget=6), pool).trials) == 6


def test_another_study_in_the_folder_is_refused(config, pool):
    run(config, pool)
    with pytest.raises(MismatchError, match="has episodes 3, not 5"):
        run(replace(config, episodes=5), pool)
    with pytest.raises(MismatchError, match="other objectives"):
        run(replace(config, objectives=("error",)), pool)


def test_two_cannot_work_on_one_study(config, pool):
    with (
        StudyStore(config.output, ["maximize", "minimize"], 0),
        pytest.raises(WmrError, match="another process is at work"),
    ):
        run(config, pool)


def test_settings_that_fail_cost_one_trial(config, pool):
    run_ = pool.worker.run
    own = pool.worker.subject().planning

    def fails(planning, seed, index):
        if planning != own:
            raise WmrError("no plan is finite")
        return run_(planning, seed, index)

    pool.worker.run = fails
    study = run(config, pool)
    assert [t.state for t in study.trials] == ["complete", "failed", "failed", "failed"]
    assert study.trials[1].reason == "no plan is finite"
    assert study.front == (0,)


def test_whoever_looks_on_sees_whole_studies_only(config, pool):
    seen = []

    def look(view):
        seen.append(read_study(config.output))
        assert seen[-1] == view

    run(config, pool, look)
    assert [len(view.trials) for view in seen] == sorted(len(view.trials) for view in seen)
    assert not seen[0].finished


def test_reading_no_study_or_a_broken_one_says_so(tmp_path):
    with pytest.raises(WmrError, match="no study in"):
        read_study(tmp_path)
    (tmp_path / VIEW).write_text(json.dumps({"task": "reach"}))
    with pytest.raises(WmrError, match=r"is no study: study\.json lacks fields"):
        read_study(tmp_path)


def test_presets_of_the_front_are_read_back_and_those_of_an_older_front_go(config, pool):
    study = run(config, pool)
    old = config.output / "presets" / "point_mass-trial-99.json"
    mine = config.output / "presets" / "mine.json"
    first = write_results(config.output, study)
    old.write_bytes(next(iter(first.values())).read_bytes())
    mine.write_text("{}")
    saved = write_results(config.output, study)
    for number, path in saved.items():
        preset = read_preset(path)
        assert (preset.robot, preset.task) == ("none", "point_mass")
        assert preset.planning == study.trial(number).planning
    assert set(config.output.glob("presets/*.json")) == {*saved.values(), mine}
    assert (config.output / "pareto.png").read_bytes().startswith(b"\x89PNG")
    page = (config.output / "report.html").read_text()
    assert "point_mass" in page
    assert "measured again" in page


def test_a_missing_library_names_the_extra(config, pool, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(MissingDependencyError, match=r"wmr tune needs optuna.*wm_robot\[tune\]"):
        run(config, pool)
    monkeypatch.undo()
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(MissingDependencyError, match=r"wmr tune --ray needs ray.*wm_robot\[ray\]"):
        tune(replace(config, ray=True))
