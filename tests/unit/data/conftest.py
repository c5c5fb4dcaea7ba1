import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wm_robot.data.features import Feature, camera, vector
from wm_robot.data.writer import DatasetWriter

FPS = 5
FEATURES: dict[str, Feature] = {
    "observation.images.front": camera(16, 24),
    "observation.state": vector(["x", "y"]),
    "action": vector(["dx"]),
}


@pytest.fixture
def features() -> dict[str, Feature]:
    return FEATURES


@pytest.fixture
def frames() -> Callable[[int, int], dict[str, NDArray]]:
    """Arrays of one episode, different for every seed."""

    def make(seed: int, length: int = 4) -> dict[str, NDArray]:
        rng = np.random.default_rng(seed)
        return {
            "observation.images.front": rng.integers(0, 256, (length, 16, 24, 3), dtype=np.uint8),
            "observation.state": rng.normal(size=(length, 2)).astype(np.float32),
            "action": rng.normal(size=(length, 1)).astype(np.float32),
        }

    return make


@pytest.fixture
def dataset_of(tmp_path: Path, frames: Callable[[int, int], dict[str, NDArray]]) -> Callable[..., Path]:
    """Write a dataset whose episode i has the given length and the frames of seed i."""

    def write(*lengths: int, name: str = "dataset") -> Path:
        root = tmp_path / name
        with DatasetWriter.create(root, fps=FPS, features=FEATURES) as writer:
            for seed, length in enumerate(lengths):
                writer.write_episode(frames(seed, length), task=f"task {seed % 2}", seed=100 + seed)
        return root

    return write


@pytest.fixture
def real_data() -> Path:
    root = Path(__file__).parents[3]
    folder = Path(os.environ.get("WM_REAL_DATA", root.parent / "shared" / "data" / "real"))
    if not (folder / "widowx_lerobot_v3").is_dir():
        pytest.skip(f"needs the real WidowX episodes: {folder} has none; set WM_REAL_DATA")
    return folder
