"""The study itself: propose, run, judge; then measure the chosen again, alone and on fresh goals."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager

from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import to_json
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.tuning.config import TuningConfig
from wm_robot.tuning.figures import Figures
from wm_robot.tuning.judgement import hopeless
from wm_robot.tuning.objectives import OBJECTIVES, values_of
from wm_robot.tuning.observer import Observer
from wm_robot.tuning.ray_workers import ray_pool
from wm_robot.tuning.search_space import SearchSpace
from wm_robot.tuning.study_store import StudyStore
from wm_robot.tuning.trial import RUNNING, Trial
from wm_robot.tuning.view import StudyView
from wm_robot.tuning.workers import EpisodePool, Subject, local_pool

OnEpisode = Callable[[StudyView], None]
"""Called after each episode with all that is known."""

MakePool = Callable[[TuningConfig, int], AbstractContextManager[EpisodePool]]
"""Makes a pool with as many workers."""


def processes(config: TuningConfig, workers: int) -> AbstractContextManager[EpisodePool]:
    """Processes of this machine."""
    return local_pool(config.evaluation(), workers)


def cluster(config: TuningConfig, workers: int) -> AbstractContextManager[EpisodePool]:
    """Ray, which decides for itself where the workers are."""
    return ray_pool(config.evaluation())


def tune(
    config: TuningConfig,
    on_episode: OnEpisode = lambda view: None,
    *,
    make_pool: MakePool | None = None,
    make_quiet_pool: MakePool = processes,
) -> StudyView:
    """Run the study that `config` asks for, or what is left of it.

    Args:
        config: what to measure.
        on_episode: called after each episode.
        make_pool: where trials run; Ray or processes of this machine, as the config says, when None.
        make_quiet_pool: where the chosen are measured again, by one worker.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl-C; every episode so far is kept.
        MismatchError: the folder holds another study.
        MissingDependencyError: Optuna, or Ray where it is asked for, is not installed.
        WmrError: a task, checkpoint or setting that does not exist; a worker that died.
    """
    make_pool = make_pool or (cluster if config.ray else processes)
    directions = [OBJECTIVES[name].direction for name in config.objectives]
    try:
        with StudyStore(config.output, directions, config.seed) as store:
            with make_pool(config, config.workers) as pool:
                study = _Study(config, store, pool.subject().result(), on_episode)
                study.run_trials(pool)
            if study.left_to_confirm():
                with make_quiet_pool(config, 1) as pool:
                    study.confirm(pool)
            return study.observer.publish()
    except BrokenProcessPool as error:
        raise WmrError(
            "a worker process died, perhaps for want of memory; all episodes so far are kept: "
            "run the same command again, with fewer workers"
        ) from error


class _Study:
    """A study at work.

    Args:
        config: what to measure.
        store: where it is kept.
        subject: what is tuned.
        on_episode: called after each episode.

    Raises:
        MismatchError: the store holds another study.
        UnknownNameError: a setting to vary that the planner does not have.
    """

    def __init__(
        self, config: TuningConfig, store: StudyStore, subject: Subject, on_episode: OnEpisode
    ) -> None:
        self._config, self._store, self._subject, self._on_episode = config, store, subject, on_episode
        self._space = SearchSpace(subject.planning, config.settings)
        store.keep_identity(_identity(config, subject, self._space))
        store.drop_unborn()
        self.observer = Observer(config, store, subject, self._space)

    def run_trials(self, pool: EpisodePool) -> None:
        """Trials until the budget is spent; first those that an interruption left unfinished."""
        unfinished = iter([trial for trial in self.observer.trials() if trial.state == RUNNING])
        at_work: dict[Future[EpisodeResult], Trial] = {}
        while True:
            while len(at_work) < self._config.workers and (trial := self._next(unfinished)) is not None:
                self._go_on(trial, pool, at_work)
            if not at_work:
                return
            done, _ = wait(at_work, return_when=FIRST_COMPLETED)
            for future in done:
                if (trial := self._recorded(at_work.pop(future), future)) is not None:
                    self._go_on(trial, pool, at_work)
                self._on_episode(self.observer.publish())

    def left_to_confirm(self) -> list[tuple[int, int]]:
        """(trial, episode) of what is to be measured again: all the chosen on one goal, then on the next."""
        chosen = self.observer.view().chosen
        done = {number: len(self._store.confirmed(number)) for number in chosen}
        goals = range(self._config.confirm_episodes)
        return [(number, index) for index in goals for number in chosen if index >= done[number]]

    def confirm(self, pool: EpisodePool) -> None:
        """Measure the chosen again, one episode at a time, so that nothing of ours disturbs the times.

        They take turns, so that a machine that slows down does so for each of them.
        """
        for number, index in self.left_to_confirm():
            planning = self._store.trial(number).planning
            result = pool.submit(planning, self._config.confirming_seed, index).result()
            self._store.confirm(number, result)
            self._on_episode(self.observer.publish())

    def _next(self, unfinished: Iterator[Trial]) -> Trial | None:
        """A trial to work on, None when the budget is spent."""
        trial = next(unfinished, None)
        if trial is not None:
            return trial
        known = self.observer.trials()
        if not any(trial.baseline for trial in known):
            return self._store.ask_baseline(self._space.suggested, self._space.baseline())
        if len(known) >= self._config.budget:
            return None
        return self._store.ask(self._space.suggested)

    def _recorded(self, trial: Trial, future: "Future[EpisodeResult]") -> Trial | None:
        """The trial with one more episode; None where its settings turned out to be of no use."""
        try:
            result = future.result()
        except WmrError as error:
            if trial.baseline:  # then nothing could be compared, and the reason is elsewhere
                raise
            self._store.fail(trial, str(error))
            return None
        self._store.record(trial, result)
        return self._store.trial(trial.number)

    def _go_on(self, trial: Trial, pool: EpisodePool, at_work: "dict[Future[EpisodeResult], Trial]") -> None:
        """Begin the trial's next episode, or end it."""
        done = len(trial.results)
        if done == self._config.episodes:
            self._store.complete(trial, values_of(Figures.of(trial.results), self._config.objectives))
        elif reason := self._hopeless(trial):
            self._store.prune(trial, reason)
        else:
            at_work[pool.submit(trial.planning, self._config.choosing_seed, done)] = trial

    def _hopeless(self, trial: Trial) -> str | None:
        if trial.baseline or not trial.results:
            return None
        return hopeless(
            trial.results,
            episodes=self._config.episodes,
            objectives=self._config.objectives,
            rivals=list(self.observer.values().values()),
            period_ms=self._subject.period_ms,
        )


def _identity(config: TuningConfig, subject: Subject, space: SearchSpace) -> dict[str, object]:
    """What two runs must agree on to be one study; budget, workers and the second measurement may change."""
    return {
        "task": config.task,
        "checkpoint": subject.sha256,
        "planning": to_json(subject.planning),
        "objectives": list(config.objectives),
        "episodes": config.episodes,
        "seed": config.seed,
        "backend": config.backend,
        "space": space.described(),
    }
