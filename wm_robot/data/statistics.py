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


def numeric_statistics(columns: Mapping[str, NDArray]) -> dict[str, Statistics]:
    """Statistics over the first axis of each of `columns` (T, ...); scalars become vectors of one."""
    flat = {key: values.reshape(len(values), -1) for key, values in columns.items()}
    # All at once: a quantile of few numbers costs its calls, not its numbers.
    together = np.concatenate(list(flat.values()), axis=1, dtype=np.float64)
    figures = {
        "min": together.min(axis=0),
        "max": together.max(axis=0),
        "mean": together.mean(axis=0),
        "std": together.std(axis=0),
        **dict(zip(QUANTILES, np.quantile(together, list(QUANTILES.values()), axis=0), strict=True)),
    }
    last = np.cumsum([values.shape[1] for values in flat.values()])[:-1]
    parts = {name: np.split(figure, last) for name, figure in figures.items()}
    return {
        key: {
            "count": np.array([len(values)]),
            **{name: part[i].reshape(values.shape[1:] or (1,)) for name, part in parts.items()},
        }
        for i, (key, values) in enumerate(columns.items())
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
    stacked = {name: np.array([part[name] for part in parts]) for name in NAMES}
    shape = stacked["mean"].shape
    averages = np.array([stacked[name] for name in ("mean", *QUANTILES)])  # (6, parts, ...)
    mean, *quantiles = (weights @ averages.reshape(6, len(parts), -1)).reshape(6, *shape[1:])
    spread = stacked["std"] ** 2 + (stacked["mean"] - mean) ** 2
    return {
        "min": stacked["min"].min(axis=0),
        "max": stacked["max"].max(axis=0),
        "mean": mean,
        "std": np.sqrt((weights @ spread.reshape(len(parts), -1)).reshape(shape[1:])),
        "count": stacked["count"].sum(axis=0),
        **dict(zip(QUANTILES, quantiles, strict=True)),
    }


def combined_by_feature(
    whole: Mapping[str, Statistics], part: Mapping[str, Statistics]
) -> dict[str, Statistics]:
    """`combine` feature by feature; `whole` may be empty."""
    return {key: combine([whole[key], part[key]]) if key in whole else part[key] for key in part}
