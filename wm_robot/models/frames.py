"""Episodes as flat arrays of frames, and the windows that training draws from them."""

from dataclasses import dataclass

import numpy as np
import torch

from wm_robot.core.errors import DatasetError


@dataclass(frozen=True, kw_only=True)
class Frames:
    """All frames of some episodes, one after the other.

    Args:
        images: (N, 3 * cameras, height, width) uint8.
        proprio: normalised proprioception (N, n_proprio).
        actions: executed from each frame to the next, normalised to [-1, 1] (N, nu).
        state: normalised ground truth (N, n) for probes; n may be 0.
        start: first frame of each episode (E,).
        length: frames of each episode (E,).
    """

    images: torch.Tensor
    proprio: torch.Tensor
    actions: torch.Tensor
    state: torch.Tensor
    start: np.ndarray
    length: np.ndarray

    def episodes(self, which: np.ndarray) -> "Frames":
        """The same arrays, restricted to the episodes `which`."""
        return Frames(**{**vars(self), "start": self.start[which], "length": self.length[which]})

    def indices(self) -> np.ndarray:
        """Positions of every frame of these episodes."""
        return np.concatenate([np.arange(s, s + n) for s, n in zip(self.start, self.length, strict=True)])

    def window_count(self, frames: int) -> int:
        """How many different windows of that many frames there are."""
        return int(np.maximum(self.length - frames + 1, 0).sum())

    def windows(self, count: int, frames: int, generator: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Random windows, every one equally likely.

        Returns:
            index: positions (count, frames); start, end: first frame of each episode, and one past its
                last (count,).

        Raises:
            DatasetError: no episode is as long as a window.
        """
        room = np.maximum(self.length - frames + 1, 0)
        if not room.any():
            raise DatasetError(
                f"the longest episode has {self.length.max(initial=0)} frames, but a window needs {frames}; "
                "use longer episodes, a shorter rollout or a shorter history"
            )
        cumulative = np.cumsum(room)
        pick = generator.integers(cumulative[-1], size=count)
        episode = np.searchsorted(cumulative, pick, side="right")
        offset = pick - (cumulative[episode] - room[episode])
        start = self.start[episode]
        return (start + offset)[:, None] + np.arange(frames), start, start + self.length[episode]
