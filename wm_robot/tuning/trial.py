"""One choice of settings in a study, and how it is read back from what Optuna keeps."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wm_robot.core.serialization import from_json
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.planners.planning import PlanningConfig

if TYPE_CHECKING:
    import optuna

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


def read_trial(frozen: "optuna.trial.FrozenTrial") -> Trial:
    """The trial that Optuna has kept."""
    attrs = frozen.user_attrs
    states = {"RUNNING": RUNNING, "COMPLETE": COMPLETE, "PRUNED": PRUNED, "FAIL": FAILED}
    return Trial(
        number=frozen.number,
        state=states[frozen.state.name],
        baseline=attrs.get("baseline", False),
        params=dict(frozen.params),
        planning=from_json(PlanningConfig, attrs["planning"], f"trial {frozen.number}"),
        results=read_episodes(attrs, "episode "),
        values=tuple(frozen.values or ()),
        reason=attrs.get("reason", ""),
    )


def read_episodes(attrs: dict[str, Any], prefix: str) -> tuple[EpisodeResult, ...]:
    """The episodes among attributes, in order of their index; their names begin with `prefix`."""
    found = [from_json(EpisodeResult, value) for key, value in attrs.items() if key.startswith(prefix)]
    return tuple(sorted(found, key=lambda result: result.index))
