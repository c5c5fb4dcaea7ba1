"""Between a search as data and the compiled one."""

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import NotFiniteError
from wm_robot.kernels.search import SearchBelief, SearchOutcome, SearchSettings
from wm_robot.kernels.terms import ActionLimits, Readout, Smoothness, TemporalDistance, Term

if TYPE_CHECKING:
    from wm_robot.kernels._native import SearchSettings as NativeSettings
    from wm_robot.kernels._native import Terms

CompiledTerms = TypeVar("CompiledTerms", bound="Terms")

Belief = tuple[FloatArray, FloatArray, FloatArray]
"""Mean, deviation and elites."""


def native_settings(module: ModuleType, settings: SearchSettings) -> "NativeSettings":
    native = module.SearchSettings()
    native.horizon, native.knots = settings.interpolation.shape
    native.nu = settings.nu
    native.candidates = list(settings.candidates)
    knots_are_actions = (
        native.horizon == native.knots and (settings.interpolation == np.eye(native.knots)).all()
    )
    native.interpolation = [] if knots_are_actions else settings.interpolation.ravel().tolist()
    native.colour = [] if settings.colour is None else settings.colour.ravel().tolist()
    native.noise = [] if settings.noise is None else list(settings.noise)
    native.learning = getattr(module.Learning, settings.learning)
    for name in ("elites", "keep_fraction", "smoothing", "temperature", "returns_mean"):
        setattr(native, name, getattr(settings, name))
    native.min_noise = list(settings.min_noise)
    return native


def pack(packed: CompiledTerms, terms: Sequence[Term]) -> CompiledTerms:
    """Add `terms` to a compiled module's own."""
    for term in terms:
        match term:
            case Readout():
                packed.add_readout(term.step_weights, term.matrix, term.offset, term.scale)
            case TemporalDistance():
                head = term.head
                packed.add_distance(term.step_weights, head.parameters, len(head.layers), term.goal)
            case Smoothness():
                packed.add_smoothness(term.step_weights)
            case ActionLimits():
                packed.add_action_limits(term.step_weights, term.limit)
    return packed


def outcome(found: dict[str, Any]) -> SearchOutcome:
    """What the compiled search found.

    Raises:
        NotFiniteError: no candidate of a round has a finite cost.
    """
    if found.pop("all_infinite"):
        raise NotFiniteError("every candidate's cost")
    after = SearchBelief(**{name: found.pop(name) for name in ("mean", "std", "elites")})
    return SearchOutcome(**found, belief=after)
