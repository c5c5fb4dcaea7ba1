"""A study as whoever looks at it sees it: a small file, replaced as a whole after each episode.

Reading it needs neither Optuna nor a lock, and costs those who write nothing.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import from_json
from wm_robot.planners.planning import PlanningConfig
from wm_robot.tuning.figures import Figures
from wm_robot.tuning.objectives import front, values_of

VIEW = "study.json"


@dataclass(frozen=True, kw_only=True)
class TrialView:
    """One choice of settings and what is known of it.

    Args:
        number: counts from 0.
        state: "running", "complete", "pruned" (stopped early) or "failed".
        reason: why it was stopped early or failed.
        params: as chosen, by the settings' names.
        planning: what that means.
        figures: of its episodes so far; None before the first.
        confirmed: of its second measurement, on fresh goals; None where there is none.
    """

    number: int
    state: str
    reason: str
    params: dict[str, Any]
    planning: PlanningConfig
    figures: Figures | None
    confirmed: Figures | None = None


@dataclass(frozen=True, kw_only=True)
class StudyView:
    """All of a study.

    Args:
        task: name of the environment.
        robot: that the checkpoint is for.
        checkpoint_sha256: of its weights.
        commit: of the code that wrote this.
        machine: that it ran on.
        objectives: names in `OBJECTIVES`.
        budget: trials in all.
        episodes: goals of a trial.
        confirm_episodes: goals of a second measurement.
        seed: of goals, planner and proposals.
        workers: trials at the same time.
        period_ms: of the control loop; a plan that takes longer is of no use.
        finished: whether nothing is left to do.
        baseline: number of the trial with the checkpoint's own settings; None before it began.
        front: numbers of the complete trials that no other beats in every objective.
        importances: how much each setting says about being among the best tenth, in all 1.
        space: what is varied and how far.
        trials: all that began, by number.
    """

    task: str
    robot: str
    checkpoint_sha256: str
    commit: str
    machine: str
    objectives: tuple[str, ...]
    budget: int
    episodes: int
    confirm_episodes: int
    seed: int
    workers: int
    period_ms: float
    finished: bool
    baseline: int | None
    front: tuple[int, ...]
    importances: dict[str, float]
    space: dict[str, Any]
    trials: tuple[TrialView, ...] = field(default_factory=tuple)

    def trial(self, number: int) -> TrialView:
        """The trial of that number."""
        return next(trial for trial in self.trials if trial.number == number)

    @property
    def ended(self) -> int:
        """Trials that count against the budget and have ended."""
        return sum(trial.state in ("complete", "pruned", "failed") for trial in self.trials)

    @property
    def confirmed_front(self) -> tuple[int, ...]:
        """Those of `chosen` that none of the others beats where they were measured again, once they were."""
        seen = {number: self.trial(number) for number in self.chosen}
        figures = {number: trial.confirmed or trial.figures for number, trial in seen.items()}
        values = {n: values_of(f, self.objectives) for n, f in figures.items() if f is not None}
        return front(values, self.objectives)

    @property
    def chosen(self) -> tuple[int, ...]:
        """The front, and the baseline where it is not on it."""
        extra = () if self.baseline is None or self.baseline in self.front else (self.baseline,)
        return (*self.front, *extra)


def read_study(folder: Path) -> StudyView:
    """The study in `folder`, as it was after the newest episode; safe while it is at work.

    Raises:
        WmrError: there is none, or its file is not one of ours.
    """
    path = folder / VIEW
    try:
        return from_json(StudyView, json.loads(path.read_text()), VIEW)
    except FileNotFoundError as error:
        raise WmrError(f"no study in {folder}; `wmr tune --output {folder}` makes one") from error
    except (OSError, ValueError, TypeError, WmrError) as error:
        raise WmrError(f"{path} is no study: {error}") from error
