"""Per-feature statistics of an episode, and how those of many episodes combine.

Ten figures each: min, max, mean, std, count and five quantiles. Pictures are summarised per
channel, scaled to [0, 1] and shaped (3, 1, 1).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
NAMES = ("min", "max", "mean", "std", "count", *QUANTILES)

Statistics = Mapping[str, NDArray]
"""One array for each of `NAMES`; "count" has shape (1,)."""


def numeric_statistics(values: NDArray) -> Statistics:
    """Statistics over the first axis of `values` (T, ...); scalars become vectors of one."""
    columns = values.astype(np.float64).reshape(len(values), *(values.shape[1:] or (1,)))
    quantiles = np.quantile(columns, list(QUANTILES.values()), axis=0)
    return {
        "min": columns.min(axis=0),
        "max": columns.max(axis=0),
        "mean": columns.mean(axis=0),
        "std": columns.std(axis=0),
        "count": np.array([len(values)]),
        **dict(zip(QUANTILES, quantiles, strict=True)),
    }


def image_statistics(images: NDArray[np.uint8]) -> Statistics:
    """Exact statistics of `images` (T, height, width, 3) from one histogram a channel."""
    levels = np.arange(256) / 255.0
    figures: dict[str, list[float]] = {name: [] for name in NAMES if name != "count"}
    for channel in range(3):
        counts = np.bincount(images[..., channel].ravel(), minlength=256)
        total = counts.sum()
        present = np.flatnonzero(counts)
        mean = float(counts @ levels) / total
        figures["min"].append(float(levels[present[0]]))
        figures["max"].append(float(levels[present[-1]]))
        figures["mean"].append(mean)
        figures["std"].append(float(np.sqrt(counts @ (levels - mean) ** 2 / total)))
        cumulative = np.cumsum(counts)
        for name, fraction in QUANTILES.items():
            figures[name].append(float(levels[np.searchsorted(cumulative, fraction * total)]))
    shaped: dict[str, NDArray] = {name: np.array(v).reshape(3, 1, 1) for name, v in figures.items()}
    return {**shaped, "count": np.array([len(images)])}


def combine(parts: Sequence[Statistics]) -> Statistics:
    """Statistics of the union of `parts`.

    Mean and deviation are exact; quantiles are count-weighted means, as other writers of this
    format combine them, so they are approximate.
    """
    weights = np.array([float(part["count"][0]) for part in parts])
    weights /= weights.sum()

    def average(name: str) -> NDArray:
        return np.tensordot(weights, np.stack([part[name] for part in parts]), axes=1)

    mean = average("mean")
    spread = np.stack([part["std"] ** 2 + (part["mean"] - mean) ** 2 for part in parts])
    return {
        "min": np.min([part["min"] for part in parts], axis=0),
        "max": np.max([part["max"] for part in parts], axis=0),
        "mean": mean,
        "std": np.sqrt(np.tensordot(weights, spread, axes=1)),
        "count": np.sum([part["count"] for part in parts], axis=0),
        **{name: average(name) for name in QUANTILES},
    }


def combined_by_feature(
    whole: Mapping[str, Statistics], part: Mapping[str, Statistics]
) -> dict[str, Statistics]:
    """`combine` feature by feature; `whole` may be empty."""
    return {key: combine([whole[key], part[key]]) if key in whole else part[key] for key in part}
