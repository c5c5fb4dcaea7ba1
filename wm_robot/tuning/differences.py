"""What a trial changed."""

from typing import Any

from wm_robot.runtime.planner_settings import planner_settings
from wm_robot.tuning.view import StudyView, TrialView


def differences(study: StudyView, trial: TrialView) -> dict[str, Any]:
    """The settings of `trial` in which it differs from the baseline, by name, as they take effect."""
    if study.baseline is None:
        return {}
    before = study.trial(study.baseline)
    own = {s.name: s.default for s in planner_settings(trial.planning) if s.name in trial.params}
    known = {s.name: s.default for s in planner_settings(before.planning) if s.name in before.params}
    return {name: value for name, value in own.items() if name not in known or known[name] != value}
