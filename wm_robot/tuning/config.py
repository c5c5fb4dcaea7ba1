"""What `wmr tune` measures."""

from dataclasses import dataclass
from pathlib import Path

from wm_robot.core.errors import WmrError
from wm_robot.core.seeding import derive_seed
from wm_robot.evaluation.config import EvaluationConfig
from wm_robot.tuning.objectives import named_objectives


@dataclass(frozen=True, kw_only=True)
class TuningConfig:
    """A study over planning settings.

    Goals come from two streams of their own below `seed`: one to choose settings on, one to confirm the
    chosen. `wmr eval` draws from a third, so no goal that chose a setting is ever reported as held out.

    Args:
        task: name of the environment.
        checkpoint: folder of the world model; its own settings are trial 0, the baseline.
        output: folder of the study.
        objectives: names in `OBJECTIVES`, one or more.
        settings: which to vary; all when empty.
        budget: trials, those that were stopped early included.
        episodes: goals of a trial, the same for all.
        confirm_episodes: fresh goals that each chosen setting is measured again on.
        seed: of goals, planner and proposals.
        backend: rollout backend.
        workers: processes of one thread each, one trial in each.
        ray: run them in a Ray cluster instead of on this machine.

    Raises:
        UnknownNameError: an objective that is none.
        WmrError: a number out of range.
    """

    task: str
    checkpoint: Path
    output: Path
    objectives: tuple[str, ...] = ("success", "latency")
    settings: tuple[str, ...] = ()
    budget: int = 200
    episodes: int = 20
    confirm_episodes: int = 50
    seed: int = 0
    backend: str = "auto"
    workers: int = 1
    ray: bool = False

    def __post_init__(self) -> None:
        named_objectives(",".join(self.objectives))
        for name in ("budget", "episodes", "confirm_episodes", "workers"):
            if getattr(self, name) < 1:
                raise WmrError(f"{name} is {getattr(self, name)}; it must be at least 1")

    @property
    def choosing_seed(self) -> int:
        """Of the goals that settings are chosen on."""
        return derive_seed(self.seed, "tune", "choose")

    @property
    def confirming_seed(self) -> int:
        """Of the goals that the chosen are measured again on."""
        return derive_seed(self.seed, "tune", "confirm")

    def evaluation(self) -> EvaluationConfig:
        """What a worker loads: the planner alone, without baselines."""
        return EvaluationConfig(
            task=self.task,
            checkpoint=self.checkpoint.resolve(),
            backend=self.backend,
            episodes=1,
            baselines=(),
        )
