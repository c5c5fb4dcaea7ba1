"""When a trial need not go on."""

from collections.abc import Sequence

from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.tuning.figures import Figures, best_possible
from wm_robot.tuning.objectives import dominates, values_of


def hopeless(
    results: Sequence[EpisodeResult],
    *,
    episodes: int,
    objectives: Sequence[str],
    rivals: Sequence[Sequence[float]],
    period_ms: float,
) -> str | None:
    """Why a trial that began with `results` cannot matter any more, or None where it still can.

    Two reasons. Its plans take longer than a control period, so that no arm could follow them. Or, even if
    all missing episodes were perfect and took no time, a trial that is already complete would be nowhere
    worse and somewhere better. That loses no point of the front: what one trial dominates stays dominated,
    whatever else is found.

    Args:
        results: its episodes so far, at least one.
        episodes: that it would have in the end.
        objectives: what the study asks for.
        rivals: values of the complete trials.
        period_ms: of the control loop.
    """
    median_ms = Figures.of(results).plan_ms_p50
    if median_ms > period_ms:
        return f"plans take {median_ms:.0f} ms, a control period {period_ms:.0f} ms"
    best = values_of(best_possible(results, episodes), objectives)
    if any(dominates(rival, best, objectives) for rival in rivals):
        return f"dominated after {len(results)} of {episodes} episodes, whatever the rest would bring"
    return None
