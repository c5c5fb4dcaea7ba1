"""What `validate` reports is what `wmr eval` would say of the same episodes."""

import pytest
from wm_robot_bringup.validation import Trial, episode_seed, line, summarize, verdict

from wm_robot.core.seeding import derive_seed


def trial(index=0, *, success=True, error=0.005, **more):
    seed = episode_seed(1, index)
    more = {"unit": "m", "ended": "time over", "why": "", "duration_s": 5.0, "periods": 25, **more}
    return Trial(index=index, seed=seed, success=success, error=error, **more)


def test_the_goals_are_those_of_wmr_eval():
    assert episode_seed(1, 3) == derive_seed(1, "eval", 3)


def test_the_summary_has_rate_interval_and_median_of_all_trials():
    trials = [trial(i, error=0.001 * (i + 1)) for i in range(19)] + [trial(19, success=False, error=0.5)]
    summary = summarize("reach", 1, trials)
    assert (summary["task"], summary["seed"], summary["episodes"]) == ("reach", 1, 20)
    assert summary["success_rate"] == 0.95
    # Wilson for 19 of 20, z = 1.96: (0.95 + 0.0960 ± 1.96 √(0.002375 + 0.0024)) / 1.192
    assert summary["success_ci"] == pytest.approx([0.7639, 0.9911], abs=1e-4)
    assert summary["median_final_error_m"] == pytest.approx(0.0105)  # between 10 and 11 mm
    assert [t["index"] for t in summary["trials"]] == list(range(20))


def test_the_verdict_is_one_line_with_n_rate_interval_and_error():
    assert verdict(summarize("reach", 1, [trial(i) for i in range(4)])) == (
        "reach, 4 goals: 100.0% reached (95 %: 51.0% to 100.0%), median error 5.0 mm"
    )


def test_another_unit_than_metres_is_named():
    summary = summarize("turn", 1, [trial(unit="rad", error=0.25)])
    assert verdict(summary).endswith("median error 0.25 rad")


def test_a_trial_that_was_stopped_says_by_what():
    text = line(trial(success=False, ended="latched", why="camera frame is too old"))
    assert "not reached" in text
    assert text.endswith("latched  camera frame is too old")
