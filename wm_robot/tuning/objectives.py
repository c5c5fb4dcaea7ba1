"""What a study may ask for, and when one outcome is better than another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.tuning.figures import Figures


@dataclass(frozen=True, kw_only=True)
class Objective:
    """One figure to be made as good as possible.

    Args:
        field: of `Figures`.
        direction: "maximize" or "minimize".
        label: for an axis; its unit is "%" or "ms", or else that of the errors.
    """

    field: str
    direction: str
    label: str
    unit: str = ""

    def of(self, figures: Figures) -> float:
        return float(getattr(figures, self.field))

    def loss(self, value: float) -> float:
        """`value`, so that less is better."""
        return -value if self.direction == "maximize" else value


OBJECTIVES: Mapping[str, Objective] = {
    "success": Objective(field="success_rate", direction="maximize", label="goals reached", unit="%"),
    "error": Objective(field="median_error", direction="minimize", label="median final error"),
    "latency": Objective(field="plan_ms_p50", direction="minimize", label="median plan time", unit="ms"),
    "latency_p99": Objective(
        field="plan_ms_p99", direction="minimize", label="99 % quantile of plan time", unit="ms"
    ),
}


def named_objectives(names: str) -> tuple[str, ...]:
    """The objectives in a list such as "success,latency".

    Raises:
        UnknownNameError: a name that is none of `OBJECTIVES`.
        WmrError: none, or one twice.
    """
    chosen = tuple(name.strip() for name in names.split(",") if name.strip())
    for name in chosen:
        if name not in OBJECTIVES:
            raise UnknownNameError("objective", name, OBJECTIVES)
    if not chosen or len(set(chosen)) < len(chosen):
        raise WmrError(
            f"objective is {names!r}; valid: one or more of {', '.join(OBJECTIVES)}, each once, with commas"
        )
    return chosen


def values_of(figures: Figures, objectives: Sequence[str]) -> tuple[float, ...]:
    """The values of `objectives`, in their order."""
    return tuple(OBJECTIVES[name].of(figures) for name in objectives)


def dominates(values: Sequence[float], others: Sequence[float], objectives: Sequence[str]) -> bool:
    """Whether `values` are nowhere worse than `others`, and somewhere better."""
    losses = [
        (OBJECTIVES[name].loss(ours), OBJECTIVES[name].loss(theirs))
        for name, ours, theirs in zip(objectives, values, others, strict=True)
    ]
    return all(a <= b for a, b in losses) and any(a < b for a, b in losses)


def front(values: Mapping[int, Sequence[float]], objectives: Sequence[str]) -> tuple[int, ...]:
    """Which of the outcomes no other dominates, best in the first objective first."""
    kept = [
        number
        for number, own in values.items()
        if not any(dominates(other, own, objectives) for other in values.values())
    ]
    first = OBJECTIVES[objectives[0]]
    return tuple(sorted(kept, key=lambda number: (first.loss(values[number][0]), number)))
