"""Improved cross-entropy method: coloured noise and a memory for elites."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.kernels.search import SearchSettings
from wm_robot.planners.cem import CEMConfig, cheapest, fit_to_elites
from wm_robot.planners.planner import Belief, Noise, SamplingPlanner


@dataclass(frozen=True, kw_only=True)
class ICEMConfig:
    """How iCEM samples and remembers, beside the settings of CEM.

    Args:
        cem: elites, smoothing, noise floor.
        noise_exponent: β, power spectrum 1/f^β along the knots; 0 is white noise, larger values
            push the same way for longer.
        keep_fraction: share of the elites that are candidates again in the next round and, shifted,
            in the next plan's first round.
        sample_decay: γ, each round draws γ times fewer candidates than the one before, though
            never fewer than twice the elites.
    """

    cem: CEMConfig = field(default_factory=CEMConfig)
    noise_exponent: Annotated[float, Bounds(0.0, 10.0)] = 2.0
    keep_fraction: Annotated[float, Bounds(0.0, 1.0)] = 0.3
    sample_decay: Annotated[float, Bounds(1.0, 100.0)] = 1.25

    def __post_init__(self) -> None:
        check_fields(self, "iCEM")


class ICEM(SamplingPlanner):
    """CEM with noise that is correlated in time, elites that survive, and shrinking rounds.

    Source: Pinneri et al. 2020, Sample-efficient Cross-Entropy Method for Real-time Planning;
    differs: the mean is a candidate in every round, not only in the last.
    """

    Config = ICEMConfig
    options: ICEMConfig

    def sample(self, belief: Belief, noise: Noise) -> FloatArray:
        kept = belief.elites[: int(self.options.keep_fraction * len(belief.elites))]
        white = noise(max(self._candidates(belief.iteration) - 1 - len(kept), 1))
        return np.concatenate([kept, belief.mean + belief.std * (self._colour @ white)])

    def settings(self) -> SearchSettings:
        rounds = range(self.config.iterations)
        return SearchSettings(
            interpolation=self._W,
            nu=self.nu,
            candidates=tuple(self._candidates(i) for i in rounds),
            colour=self._colour,
            learning="elites",
            elites=self.elite_count,
            keep_fraction=self.options.keep_fraction,
            smoothing=self.options.cem.smoothing,
            min_noise=tuple(self._floor(i) for i in rounds),
            returns_mean=self.config.returns == "mean",
        )

    def update(self, belief: Belief, knots: FloatArray, costs: FloatArray) -> Belief:
        elites = cheapest(knots, costs, self.elite_count)
        floor = self._floor(belief.iteration)
        return fit_to_elites(belief, elites, smoothing=self.options.cem.smoothing, floor=floor)

    def _candidates(self, iteration: int) -> int:
        shrunk = int(self.config.samples / self.options.sample_decay**iteration)
        return max(min(2 * self.elite_count, self.config.samples), shrunk)

    def _floor(self, iteration: int) -> float:
        return self.options.cem.min_noise * self.config.noise_decay**iteration

    @cached_property
    def _colour(self) -> FloatArray:
        return colouring(self.config.knot_count, self.options.noise_exponent)

    @property
    def elite_count(self) -> int:
        return max(2, round(self.options.cem.elite_fraction * self.config.samples))


def colouring(steps: int, exponent: float) -> FloatArray:
    """The matrix (M, M) that gives white noise (M, nu) a power spectrum 1/f^exponent and unit variance.

    A filter in the frequency domain, written as the circulant matrix that it is; the constant component
    takes the gain of the lowest frequency, so that the power stays finite.
    """
    frequency = np.maximum(np.abs(np.fft.fftfreq(steps)), 1.0 / steps)
    gain = frequency ** (-exponent / 2)
    gain /= np.sqrt(np.mean(gain**2))
    return np.fft.ifft(np.fft.fft(np.eye(steps), axis=0) * gain[:, None], axis=0).real
