"""From the store to what is shown: the view of a study at work."""

import os
import platform

from wm_robot.core.serialization import write_json
from wm_robot.core.version import commit
from wm_robot.tuning.config import TuningConfig
from wm_robot.tuning.figures import Figures
from wm_robot.tuning.objectives import front
from wm_robot.tuning.search_space import SearchSpace
from wm_robot.tuning.study_store import StudyStore
from wm_robot.tuning.trial import COMPLETE, FAILED, RUNNING, Trial
from wm_robot.tuning.view import VIEW, StudyView, TrialView
from wm_robot.tuning.workers import Subject


class Observer:
    """Makes the view of a study, and writes it where others read it.

    Args:
        config: what is measured.
        store: where it is kept.
        subject: what is tuned.
        space: what is varied.
    """

    def __init__(self, config: TuningConfig, store: StudyStore, subject: Subject, space: SearchSpace) -> None:
        self._config, self._store, self._subject, self._space = config, store, subject, space
        self._commit, self._machine = commit(), _machine()
        self._ended: dict[int, Trial] = {}  # these change no more: read once
        self._importances: dict[str, float] = {}

    def trials(self) -> list[Trial]:
        """All trials that began, by number."""
        running = self._store.trials(without=self._ended)
        newly = {trial.number: trial for trial in running if trial.state != RUNNING}
        if newly:
            self._ended |= newly
            self._importances = self._store.importances()
        at_work = [trial for trial in running if trial.state == RUNNING]
        return sorted([*self._ended.values(), *at_work], key=lambda trial: trial.number)

    def values(self) -> dict[int, tuple[float, ...]]:
        """Values of the complete trials, by number."""
        return {trial.number: trial.values for trial in self.trials() if trial.state == COMPLETE}

    def view(self) -> StudyView:
        """All that is known now."""
        config, trials = self._config, self.trials()
        best = front(self.values(), config.objectives)
        baseline = next((t.number for t in trials if t.baseline and t.state != FAILED), None)
        views = tuple(self._seen(trial) for trial in trials)
        chosen = {*best, *(() if baseline is None else (baseline,))}
        confirmed = [view.confirmed for view in views if view.number in chosen]
        return StudyView(
            task=config.task,
            robot=self._subject.robot,
            checkpoint_sha256=self._subject.sha256,
            commit=self._commit,
            machine=self._machine,
            objectives=config.objectives,
            budget=config.budget,
            episodes=config.episodes,
            confirm_episodes=config.confirm_episodes,
            seed=config.seed,
            workers=config.workers,
            period_ms=self._subject.period_ms,
            finished=sum(trial.state != RUNNING for trial in trials) >= config.budget
            and all(c is not None and c.episodes >= config.confirm_episodes for c in confirmed),
            baseline=baseline,
            front=best,
            importances=self._importances,
            space=self._space.described(),
            trials=views,
        )

    def publish(self) -> StudyView:
        """The view, written for those who look on."""
        view = self.view()
        write_json(self._config.output / VIEW, view)
        return view

    def _seen(self, trial: Trial) -> TrialView:
        again = self._store.confirmed(trial.number)
        return TrialView(
            number=trial.number,
            state=trial.state,
            reason=trial.reason,
            params=trial.params,
            planning=trial.planning,
            figures=Figures.of(trial.results) if trial.results else None,
            confirmed=Figures.of(again) if again else None,
        )


def _machine() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            model = next(line for line in lines if line.startswith("model name")).partition(":")[2].strip()
    except (OSError, StopIteration):
        model = platform.machine()
    return f"{model}, {len(os.sched_getaffinity(0))} cores"
