"""The study on disk: what was tried and what came of it, an episode at a time.

Optuna's journal is a file that is only appended to. One process writes it, which a lock of the operating
system sees to; so no lock file can be left behind by a process that was killed. A line that was cut short by
a crash is taken away before the study goes on.
"""

import fcntl
import logging
import os
import warnings
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from wm_robot.core.errors import MismatchError, MissingDependencyError, WmrError
from wm_robot.core.seeding import derive_seed
from wm_robot.core.serialization import from_json, to_json
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.planners.planning import PlanningConfig

if TYPE_CHECKING:
    import optuna

JOURNAL = "study.journal"
LOCK = "study.lock"
STUDY = "tuning"
RUNNING, COMPLETE, PRUNED, FAILED = "running", "complete", "pruned", "failed"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One choice of settings and its episodes so far.

    Args:
        number: counts from 0.
        state: RUNNING, COMPLETE, PRUNED or FAILED.
        baseline: whether the settings are the checkpoint's own.
        params: as chosen, by the settings' names.
        planning: what that means.
        results: its episodes, in order of their index.
        values: of the objectives, once complete.
        reason: why it was stopped early or failed.
    """

    number: int
    state: str
    baseline: bool
    params: dict[str, Any]
    planning: PlanningConfig
    results: tuple[EpisodeResult, ...]
    values: tuple[float, ...] = ()
    reason: str = ""


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
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = open(folder / LOCK, "w")  # noqa: SIM115  (held until close)
        except OSError as error:
            raise WmrError(f"cannot keep a study in {folder}: {error}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise WmrError(
                f"another process is at work on the study in {folder}; wait until it has ended"
            ) from error
        _drop_torn_line(folder / JOURNAL)
        self._storage = _storage(self._optuna, folder / JOURNAL)
        self._study = self._opened(list(directions))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.close()

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
        return [_trial(f) for f in found if "planning" in f.user_attrs and f.number not in without]

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
        return _episodes(self._study.user_attrs, f"confirm {number} ")

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
        return _trial(self._study.get_trials(deepcopy=False)[number])

    def _set(self, number: int, key: str, value: Any) -> None:
        study_id = self._storage.get_study_id_from_name(STUDY)
        trial_id = self._storage.get_trial_id_from_study_id_trial_number(study_id, number)
        self._storage.set_trial_user_attr(trial_id, key, value)

    def _opened(self, directions: list[str]) -> "optuna.Study":
        try:
            study = self._optuna.create_study(
                study_name=STUDY, storage=self._storage, directions=directions, load_if_exists=True
            )
        except ValueError as error:
            raise WmrError(f"{self.folder / JOURNAL} is no study: {error}") from error
        known = [direction.name.lower() for direction in study.directions]
        if known != directions:
            raise MismatchError(
                f"the study in {self.folder} has {len(known)} other objectives; choose another --output"
            )
        return study


class _AlreadyLocked:
    """In place of Optuna's own lock: the folder's is held all the time."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def _imported() -> Any:
    try:
        import optuna  # noqa: PLC0415  (optional, and half a second to import)
    except ImportError as error:
        raise MissingDependencyError("optuna", "wmr tune", "tune") from error
    optuna.logging.set_verbosity(logging.WARNING)
    return optuna


def _storage(optuna: Any, journal: Path) -> Any:
    backend = optuna.storages.journal.JournalFileBackend(str(journal), lock_obj=_AlreadyLocked())
    try:
        return optuna.storages.JournalStorage(backend)
    except (ValueError, KeyError) as error:
        raise WmrError(f"{journal} is damaged: {error}; choose another --output") from error


def _sampler(optuna: Any, seed: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # Settings of one planner are unknown to another, and work together: knots with horizon, samples with
        # iterations. "group" is what lets both be said.
        return optuna.samplers.TPESampler(seed=seed % 2**32, multivariate=True, group=True)


def _drop_torn_line(journal: Path) -> None:
    if not journal.exists():
        return
    content = journal.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(journal, whole)


def _trial(frozen: "optuna.trial.FrozenTrial") -> Trial:
    attrs = frozen.user_attrs
    states = {"RUNNING": RUNNING, "COMPLETE": COMPLETE, "PRUNED": PRUNED, "FAIL": FAILED}
    return Trial(
        number=frozen.number,
        state=states[frozen.state.name],
        baseline=attrs.get("baseline", False),
        params=dict(frozen.params),
        planning=from_json(PlanningConfig, attrs["planning"], f"trial {frozen.number}"),
        results=_episodes(attrs, "episode "),
        values=tuple(frozen.values or ()),
        reason=attrs.get("reason", ""),
    )


def _episodes(attrs: dict[str, Any], prefix: str) -> tuple[EpisodeResult, ...]:
    found = [from_json(EpisodeResult, value) for key, value in attrs.items() if key.startswith(prefix)]
    return tuple(sorted(found, key=lambda result: result.index))
