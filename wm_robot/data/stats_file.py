"""meta/stats.json: the statistics of a whole dataset, by feature."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from wm_robot.core.errors import DatasetError
from wm_robot.data.layout import STATS
from wm_robot.data.statistics import NAMES, Statistics


def stats_file(statistics: Mapping[str, Statistics]) -> bytes:
    """Content of meta/stats.json."""
    content = {key: {name: figures[name].tolist() for name in NAMES} for key, figures in statistics.items()}
    return (json.dumps(content, indent=4) + "\n").encode()


def read_stats(root: Path) -> dict[str, Statistics]:
    """Statistics by feature.

    Raises:
        DatasetError: missing or not readable.
    """
    try:
        content = json.loads((root / STATS).read_text())
        return {
            key: {name: np.array(v, dtype=np.float64) for name, v in figures.items()}
            for key, figures in content.items()
        }
    except FileNotFoundError as error:
        raise DatasetError(f"{root / STATS} is missing; `wmr data repair` writes it again") from error
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError, ValueError, TypeError) as error:
        raise DatasetError(
            f"{root / STATS} is broken ({error}); `wmr data repair` writes it again"
        ) from error
