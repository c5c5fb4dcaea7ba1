"""The trained model behind one interface: images in, latents and their readouts out."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import MismatchError, ShapeError, UnknownNameError
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.core.types import Goal, Observation
from wm_robot.models.config import WorldModelConfig
from wm_robot.models.encoders import check_image_size, encoders
from wm_robot.models.heads import ImageDecoder, LinearReadout
from wm_robot.models.images import stack_cameras
from wm_robot.models.predictor import Predictor
from wm_robot.models.temporal_distance import TemporalDistance


class WorldModel(nn.Module):
    """Encoder, predictor, temporal distance and the heads that read latents.

    A frame's latent (L,) is its visual latent (P * D,), token after token, followed by the
    normalised proprioception (n_proprio,). A goal image has a visual latent alone.

    Raises:
        MismatchError: the images cannot be cut into grid × grid tokens.
    """

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        self.config = config
        model, space = config.model, config.observation_space
        check_image_size(space.image_size, model.grid)
        self.encoder = encoders.get(model.encoder)(
            cameras=len(space.cameras),
            image_size=space.image_size,
            grid=model.grid,
            token_dim=model.token_dim,
            width=model.encoder_width,
        )
        self.predictor = Predictor(
            latent=config.n_latent,
            nu=config.action_space.nu,
            history=model.history,
            width=model.width,
            blocks=model.blocks,
            action_embed=model.action_embed,
        )
        self.distance = TemporalDistance(
            latent=config.n_latent,
            goal=model.n_visual,
            width=model.distance_width,
            layers=model.distance_layers,
            heads=model.distance_heads,
        )
        self.decoder = ImageDecoder(
            n_visual=model.n_visual, cameras=len(space.cameras), image_size=space.image_size
        )
        self.proprio_readout = LinearReadout(n_visual=model.n_visual, n_read=space.n_proprio)
        self.probe = LinearReadout(n_visual=model.n_visual, n_read=len(config.probe.names))
        self.register_buffer("slow_features", torch.eye(model.n_visual))
        self.sha256 = ""

    @property
    def action_space(self) -> ActionSpace:
        return self.config.action_space

    @property
    def observation_space(self) -> ObservationSpace:
        return self.config.observation_space

    @property
    def history(self) -> int:
        """Frames T that the predictor reads."""
        return self.config.model.history

    def encode(self, observation: Observation) -> FloatArray:
        """The latent (L,) of one observation.

        Raises:
            MismatchError: a camera is missing.
            ShapeError: an image of another size, or another number of proprioception entries.
            NotFiniteError: NaN in the proprioception, by name.
        """
        names = self.observation_space.proprio_names
        proprio = finite_array("proprioception", observation.proprio, (len(names),), names=names)
        stats = self.config.proprio
        normalized = (proprio - np.asarray(stats.mean)) / np.asarray(stats.std)
        return np.concatenate([self._encode_images(observation.images), normalized]).astype(np.float32)

    def encode_goal(self, goal: Goal) -> FloatArray:
        """The visual latent (P * D,) of a goal that is given as images or as a latent."""
        if goal.latent is not None:
            return finite_array("goal latent", goal.latent, (self.config.model.n_visual,), dtype=np.float32)
        if goal.images is None:
            raise MismatchError("this goal is a pose; a visual latent needs goal images or a goal latent")
        return self._encode_images(goal.images)

    @torch.inference_mode()
    def _encode_images(self, images: Mapping[str, np.ndarray]) -> FloatArray:
        space = self.observation_space
        missing = [c for c in space.cameras if c not in images]
        if missing:
            raise UnknownNameError("camera", missing[0], images)
        for camera in space.cameras:
            if images[camera].shape != (*space.image_size, 3):
                raise ShapeError(f"image of camera {camera!r}", images[camera].shape, (*space.image_size, 3))
        stacked = stack_cameras(np.stack([images[c] for c in space.cameras])[None])
        return self.encoder(stacked)[0].numpy()

    @torch.inference_mode()
    def decode(self, latents: FloatArray) -> dict[str, np.ndarray]:
        """Images (N, height, width, 3) uint8 by camera name, as imagined from latents (N, L)."""
        visual = torch.as_tensor(latents[:, : self.config.model.n_visual], dtype=torch.float32)
        images = ((self.decoder(visual).clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        by_camera = images.unflatten(1, (-1, 3)).permute(1, 0, 3, 4, 2).numpy()
        return dict(zip(self.observation_space.cameras, by_camera, strict=True))

    @torch.inference_mode()
    def read_proprio(self, visual: FloatArray) -> FloatArray:
        """The normalised proprioception (n_proprio,) that a picture with visual latent (P * D,) shows."""
        return self.proprio_readout(torch.as_tensor(visual, dtype=torch.float32)).numpy()

    @torch.inference_mode()
    def read_state(self, latents: FloatArray) -> dict[str, FloatArray]:
        """What the linear probe reads from latents (N, L): values (N,) by name, SI units."""
        visual = torch.as_tensor(latents[:, : self.config.model.n_visual], dtype=torch.float32)
        stats = self.config.probe
        values = self.probe(visual).numpy() * np.asarray(stats.std) + np.asarray(stats.mean)
        return dict(zip(stats.names, values.T, strict=True))

    def predictor_arrays(self) -> dict[str, np.ndarray]:
        """The predictor's weights by name, float32, as the rollout kernels take them."""
        return _arrays(self.predictor)

    def distance_arrays(self) -> dict[str, np.ndarray]:
        """The temporal distance's weights by name, float32."""
        return _arrays(self.distance)

    def probe_arrays(self) -> dict[str, np.ndarray]:
        """The state probe: weight (n, P * D) and bias (n,) of the normalised `config.probe`."""
        return _arrays(self.probe.linear)

    def slow_feature_map(self) -> FloatArray:
        """A (n, P * D): |A (z − g)|² weighs latent directions by how slowly they change."""
        return self.get_buffer("slow_features").numpy()


def _arrays(module: nn.Module) -> dict[str, np.ndarray]:
    return {name: value.detach().float().cpu().numpy() for name, value in module.state_dict().items()}
