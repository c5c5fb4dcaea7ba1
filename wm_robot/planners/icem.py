"""Improved cross-entropy method: coloured noise and a memory for elites."""

from dataclasses import dataclass, field

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.planners.cem import CEMConfig, cheapest, fit_to_elites
from wm_robot.planners.planner import Belief, SamplingPlanner


@dataclass(frozen=True, kw_only=True)
class ICEMConfig:
    """How iCEM samples and remembers, beside the settings of CEM.

    Args:
        cem: elites, smoothing, noise floor.
        noise_exponent: β ≥ 0, power spectrum 1/f^β along the knots; 0 is white noise, larger values
            push the same way for longer.
        keep_fraction: share of the elites that are candidates again in the next round and, shifted,
            in the next plan's first round, in [0, 1].
        sample_decay: γ ≥ 1, each round draws γ times fewer candidates than the one before, though
            never fewer than twice the elites.
    """

    cem: CEMConfig = field(default_factory=CEMConfig)
    noise_exponent: float = 2.0
    keep_fraction: float = 0.3
    sample_decay: float = 1.25

    def __post_init__(self) -> None:
        if not self.noise_exponent >= 0:
            raise WmrError(f"iCEM noise_exponent is {self.noise_exponent}; it must not be negative")
        if not 0 <= self.keep_fraction <= 1:
            raise WmrError(f"iCEM keep_fraction is {self.keep_fraction}; valid: 0 to 1")
        if not self.sample_decay >= 1:
            raise WmrError(f"iCEM sample_decay is {self.sample_decay}; it must be at least 1")


class ICEM(SamplingPlanner):
    """CEM with noise that is correlated in time, elites that survive, and shrinking rounds.

    Source: Pinneri et al. 2020, Sample-efficient Cross-Entropy Method for Real-time Planning;
    differs: the mean is a candidate in every round, not only in the last.
    """

    Config = ICEMConfig
    options: ICEMConfig

    def sample(self, belief: Belief, rng: np.random.Generator) -> FloatArray:
        kept = belief.elites[: int(self.options.keep_fraction * len(belief.elites))]
        shrunk = int(self.config.samples / self.options.sample_decay**belief.iteration)
        count = max(min(2 * self.elite_count, self.config.samples), shrunk)
        shape = (max(count - 1 - len(kept), 1), *belief.mean.shape)
        noise = coloured_noise(rng, shape, self.options.noise_exponent)
        return np.concatenate([kept, belief.mean + belief.std * noise])

    def update(self, belief: Belief, knots: FloatArray, costs: FloatArray) -> Belief:
        return fit_to_elites(
            belief,
            cheapest(knots, costs, self.elite_count),
            smoothing=self.options.cem.smoothing,
            floor=self.options.cem.min_noise * self.config.noise_decay**belief.iteration,
        )

    @property
    def elite_count(self) -> int:
        return max(2, round(self.options.cem.elite_fraction * self.config.samples))


def coloured_noise(rng: np.random.Generator, shape: tuple[int, int, int], exponent: float) -> FloatArray:
    """Gaussian noise (K, M, nu) of unit variance with power spectrum 1/f^exponent along M.

    White noise is filtered in the frequency domain; the constant component takes the gain of the
    lowest frequency, so that the power stays finite.
    """
    steps = shape[1]
    frequency = np.maximum(np.abs(np.fft.fftfreq(steps)), 1.0 / steps)
    gain = frequency ** (-exponent / 2)
    gain /= np.sqrt(np.mean(gain**2))
    white = rng.standard_normal(shape)
    return np.fft.ifft(np.fft.fft(white, axis=1) * gain[:, None], axis=1).real
