"""What planning asks of a trained world model."""

from collections.abc import Mapping
from typing import Protocol

from wm_robot.core.arrays import FloatArray
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.core.types import Goal, Observation
from wm_robot.models.config import WorldModelConfig


class WorldModel(Protocol):
    """Images and proprioception in, latents out, and the arrays that rollouts and costs need.

    A frame's latent (L,) is its visual latent (P * D,) followed by the normalised proprioception.
    """

    sha256: str
    """Of the checkpoint's weights; empty for a model that was not loaded from one."""

    @property
    def config(self) -> WorldModelConfig: ...

    @property
    def action_space(self) -> ActionSpace: ...

    @property
    def observation_space(self) -> ObservationSpace: ...

    @property
    def history(self) -> int:
        """T, the frames that the predictor reads."""
        ...

    def encode(self, observation: Observation) -> FloatArray:
        """The latent (L,) of one observation."""
        ...

    def encode_goal(self, goal: Goal) -> FloatArray:
        """The visual latent (P * D,) of a goal given as images or as a latent."""
        ...

    def read_proprio(self, visual: FloatArray) -> FloatArray:
        """The normalised proprioception (n_proprio,) that a picture with visual latent (P * D,) shows."""
        ...

    def predictor_arrays(self) -> Mapping[str, FloatArray]: ...

    def distance_arrays(self) -> Mapping[str, FloatArray]: ...

    def slow_feature_map(self) -> FloatArray:
        """A (n, P * D): |A (z − g)|² weighs latent directions by how slowly they change."""
        ...

    def probe_arrays(self) -> Mapping[str, FloatArray]:
        """The state probe: weight (n, P * D) and bias (n,) of the normalised quantities of `config.probe`."""
        ...
