"""How sure a success rate is."""

import math

from wm_robot.core.errors import WmrError

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""


def wilson_interval(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """The Wilson score interval of a rate; sensible also at 0 and at all successes.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n),   p = successes / n

    Raises:
        WmrError: no trials, or more successes than trials.

    Source: Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise WmrError(
            f"{successes} successes in {trials} trials; valid: 0 to the number of trials, at least 1"
        )
    p, n = successes / trials, trials
    centre = p + z**2 / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = ((centre - spread) / (1 + z**2 / n), (centre + spread) / (1 + z**2 / n))
    # At the ends the exact bounds are 0 and 1; rounding must not push the rate out of its interval.
    return (0.0 if successes == 0 else low, 1.0 if successes == trials else high)
