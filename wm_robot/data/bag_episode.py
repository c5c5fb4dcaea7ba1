"""What a bag says of an episode that begins in it: the content of the planner's topic `episode`.

With it a bag of the planner's topics becomes the dataset that `runtime.recorder` would have written.
"""

import json
from dataclasses import dataclass

from wm_robot.core.errors import DatasetError, WmrError
from wm_robot.core.serialization import from_json, to_json
from wm_robot.data.provenance import Provenance

TOPIC = "wm_robot/episode"
"""Below whatever namespace; std_msgs/String, and whoever comes later gets the last one too."""


@dataclass(frozen=True, kw_only=True)
class BagEpisode:
    """Where an episode comes from, and in which topics it is.

    Args:
        provenance: as a dataset has it.
        seed: of the random numbers of whatever acted.
        executed: TwistStamped: the action of each control period over its duration, in base frame axes,
            stamped with the observation at the period's start.
        observed: PointStamped with the same stamps: the proprioception of those observations.
        pictures: Image or CompressedImage of each camera, in the order of the observation space.
    """

    provenance: Provenance
    seed: int
    executed: str
    observed: str
    pictures: tuple[str, ...]

    def __post_init__(self) -> None:
        cameras = self.provenance.observation_space.cameras
        if len(self.pictures) != len(cameras):
            raise WmrError(
                f"{len(self.pictures)} topics of pictures, {len(cameras)} cameras: {', '.join(cameras)}"
            )

    def to_text(self) -> str:
        return json.dumps(to_json(self))

    @staticmethod
    def from_text(text: str) -> "BagEpisode":
        """Raises DatasetError when `text` is not what `to_text` gives."""
        try:
            return from_json(BagEpisode, json.loads(text))
        except (json.JSONDecodeError, WmrError) as error:
            raise DatasetError(
                f"topic {TOPIC} describes its episode in a form of its own: {error}"
            ) from error
