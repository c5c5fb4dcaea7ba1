"""Sizes of a world model and the facts about its data that a checkpoint must carry."""

from dataclasses import dataclass, field

from wm_robot.core.spaces import ActionSpace, ObservationSpace


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Architecture of the world model.

    Args:
        encoder: name of the image encoder, see `wm_robot.models.encoders`.
        grid: tokens along each image axis; P = grid². 1 gives one token a frame.
        token_dim: width D of a token.
        encoder_width: channels inside the encoder.
        history: frames T that the predictor reads.
        width: hidden width W of the predictor.
        blocks: residual blocks of the predictor.
        action_embed: width E of the action embedding.
        distance_width: hidden width of the temporal distance.
        distance_layers: its hidden layers after the first.
        distance_heads: independent outputs of the temporal distance, averaged when planning.
    """

    encoder: str = "patch_grid"
    grid: int = 4
    token_dim: int = 16
    encoder_width: int = 64
    history: int = 2
    width: int = 256
    blocks: int = 2
    action_embed: int = 64
    distance_width: int = 512
    distance_layers: int = 2
    distance_heads: int = 4

    @property
    def n_visual(self) -> int:
        """Width of the visual latent, P * D."""
        return self.grid**2 * self.token_dim


@dataclass(frozen=True, kw_only=True)
class Normalization:
    """Mean and standard deviation of named quantities over the training episodes, SI units."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class WorldModelConfig:
    """Everything but the weights: what `config.json` of a checkpoint holds.

    Args:
        model: architecture.
        environment: name of the environment that the data came from, or "dataset".
        robot: name of the robot that moved in the data.
        action_space: what the model's actions mean; another one is refused when planning.
        observation_space: cameras, image size and proprioception that the model reads.
        proprio: normalisation of the proprioception.
        probe: normalisation of the ground truth that the state probe was fitted to; may be empty.
        planning: planner and cost settings that the checkpoint was validated with.
        provenance: data hash, commit, seed, training time and the final figures.
    """

    model: ModelConfig
    environment: str
    robot: str
    action_space: ActionSpace
    observation_space: ObservationSpace
    proprio: Normalization
    probe: Normalization
    planning: dict = field(default_factory=dict)
    provenance: dict = field(default_factory=dict)

    @property
    def n_latent(self) -> int:
        """Width L of a frame's latent: visual tokens, then normalised proprioception."""
        return self.model.n_visual + self.observation_space.n_proprio
