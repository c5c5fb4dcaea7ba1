"""The study on disk: what was tried and what came of it, an episode at a time."""

import logging
import warnings
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from wm_robot.core.errors import MismatchError, MissingDependencyError, WmrError
from wm_robot.core.seeding import derive_seed
from wm_robot.core.serialization import to_json
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.planners.planning import PlanningConfig
from wm_robot.tuning.journal import Journal
from wm_robot.tuning.trial import Trial, read_episodes, read_trial

if TYPE_CHECKING:
    import optuna

STUDY = "tuning"


class StudyStore:
    """A study in a folder, open for writing; closed by `with`.

    Args:
        folder: made where it is missing.
        directions: of the objectives.
        seed: of the proposals. Each depends on its number and on the trials before it alone, so a study that
            was interrupted goes on as if it had not been.

    Raises:
        MissingDependencyError: Optuna is not installed.
        WmrError: another process has the study open, or the folder cannot be written.
    """

    def __init__(self, folder: Path, directions: Sequence[str], seed: int) -> None:
        self._optuna = _imported()
        self.folder, self._seed = folder, seed
        self._journal = Journal(folder, self._optuna)
        self._study = self._opened(list(directions))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._journal.close()

    def keep_identity(self, identity: dict[str, Any]) -> None:
        """Write down what the study is about, or compare with what was written.

        Raises:
            MismatchError: the study in the folder is about something else.
        """
        known = self._study.user_attrs.get("identity")
        if known is None:
            self._study.set_user_attr("identity", identity)
            return
        for name, value in identity.items():
            if known.get(name) != value:
                raise MismatchError(
                    f"the study in {self.folder} has {name} {known.get(name)!r}, not {value!r}; "
                    "choose the same, or another --output"
                )

    def trials(self, without: Container[int] = ()) -> list[Trial]:
        """The trials that began, by number, but for some numbers."""
        found = self._study.get_trials(deepcopy=False)
        return [read_trial(f) for f in found if "planning" in f.user_attrs and f.number not in without]

    def drop_unborn(self) -> None:
        """Give up trials that were proposed, but whose settings were not written before the process died."""
        running = self._optuna.trial.TrialState.RUNNING
        for frozen in self._study.get_trials(deepcopy=False, states=(running,)):
            if "planning" not in frozen.user_attrs:
                self._study.tell(frozen.number, state=self._optuna.trial.TrialState.FAIL)

    def ask(self, suggested: Callable[[Any], PlanningConfig]) -> Trial:
        """A new trial with the settings that `suggested` makes of the sampler's proposals."""
        return self._begun(suggested, None)

    def ask_baseline(self, suggested: Callable[[Any], PlanningConfig], params: dict[str, Any]) -> Trial:
        """A new trial with the settings that `suggested` makes of `params`."""
        return self._begun(suggested, params)

    def record(self, trial: Trial, result: EpisodeResult) -> None:
        """Keep an episode of a running trial."""
        self._set(trial.number, f"episode {result.index}", to_json(result))

    def complete(self, trial: Trial, values: Sequence[float]) -> None:
        self._study.tell(trial.number, list(values))

    def prune(self, trial: Trial, reason: str) -> None:
        self._set(trial.number, "reason", reason)
        self._study.tell(trial.number, state=self._optuna.trial.TrialState.PRUNED)

    def fail(self, trial: Trial, reason: str) -> None:
        self._set(trial.number, "reason", reason)
        self._study.tell(trial.number, state=self._optuna.trial.TrialState.FAIL)

    def confirm(self, number: int, result: EpisodeResult) -> None:
        """Keep an episode of a chosen trial's second measurement."""
        self._study.set_user_attr(f"confirm {number} {result.index}", to_json(result))

    def confirmed(self, number: int) -> tuple[EpisodeResult, ...]:
        """The episodes of that measurement so far."""
        return read_episodes(self._study.user_attrs, f"confirm {number} ")

    def importances(self) -> dict[str, float]:
        """How much each setting says about being among the best tenth, 1 in all; empty before ten trials."""
        complete = self._study.get_trials(deepcopy=False, states=(self._optuna.trial.TrialState.COMPLETE,))
        if len(complete) < 10:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of settings that few trials have: they count for little
            return self._optuna.importance.get_param_importances(self._study)

    def _begun(self, suggested: Callable[[Any], PlanningConfig], params: dict[str, Any] | None) -> Trial:
        number = len(self._study.get_trials(deepcopy=False))
        self._study.sampler = _sampler(self._optuna, derive_seed(self._seed, "tune", "sampler", number))
        if params is not None:
            self._study.enqueue_trial(params, skip_if_exists=True)  # as one killed right here has left it
        asked = self._study.ask()
        planning = suggested(asked)
        if params is not None:
            asked.set_user_attr("baseline", True)
        asked.set_user_attr("planning", to_json(planning))
        return self.trial(asked.number)

    def trial(self, number: int) -> Trial:
        """Trial `number`, as it is now."""
        return read_trial(self._study.get_trials(deepcopy=False)[number])

    def _set(self, number: int, key: str, value: Any) -> None:
        study_id = self._journal.storage.get_study_id_from_name(STUDY)
        trial_id = self._journal.storage.get_trial_id_from_study_id_trial_number(study_id, number)
        self._journal.storage.set_trial_user_attr(trial_id, key, value)

    def _opened(self, directions: list[str]) -> "optuna.Study":
        try:
            study = self._optuna.create_study(
                study_name=STUDY, storage=self._journal.storage, directions=directions, load_if_exists=True
            )
        except ValueError as error:
            raise WmrError(f"{self._journal.path} is no study: {error}") from error
        known = [direction.name.lower() for direction in study.directions]
        if known != directions:
            raise MismatchError(
                f"the study in {self.folder} has {len(known)} other objectives; choose another --output"
            )
        return study


def _imported() -> Any:
    try:
        import optuna  # noqa: PLC0415  (optional, and half a second to import)
    except ImportError as error:
        raise MissingDependencyError("optuna", "wmr tune", "tune") from error
    optuna.logging.set_verbosity(logging.WARNING)
    return optuna


def _sampler(optuna: Any, seed: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # Settings of one planner are unknown to another, and work together: knots with horizon, samples with
        # iterations. "group" is what lets both be said.
        return optuna.samplers.TPESampler(seed=seed % 2**32, multivariate=True, group=True)
