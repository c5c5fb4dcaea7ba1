"""Settings of a collection run."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from wm_robot.core.errors import WmrError


@dataclass(frozen=True, kw_only=True)
class CollectConfig:
    """What to record.

    Args:
        task: environment, such as "reach", "push" or "dm:reacher-easy".
        robot: robot that the task is done with.
        episodes: episodes of the finished dataset, those of earlier runs included.
        steps: frames of each episode.
        varied_looks: fraction of the episodes with colours, light and background of their own, so that
            a model learns to see through them; no effect where an environment has one look.
        seed: every start and every action derives from it.
        workers: processes.
        image_size: height and width of the camera images, pixels.
        output: dataset folder; one with the same settings is continued.
    """

    task: str
    output: Path
    robot: str = "panda"
    episodes: int = 2000
    steps: int = 50
    varied_looks: float = 0.5
    seed: int = 0
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    image_size: int = 64

    def __post_init__(self) -> None:
        for name in ("episodes", "steps", "workers", "image_size"):
            if getattr(self, name) < 1:
                raise WmrError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if not 0 <= self.varied_looks <= 1:
            raise WmrError(f"varied_looks is {self.varied_looks}; valid: 0 to 1")
        if self.seed < 0:
            raise WmrError(f"seed is {self.seed}; it must not be negative")
