"""The border where sensor data become trusted."""

import numpy as np

from wm_robot.core.arrays import finite_array
from wm_robot.core.errors import MismatchError, ShapeError, UnknownNameError, WmrError
from wm_robot.core.spaces import ObservationSpace
from wm_robot.core.types import Observation


class StaleObservationError(WmrError):
    """An observation that is not newer than the one before it: a sensor or its driver has stopped."""

    def __init__(self, stamp_ns: int, previous_ns: int) -> None:
        age_s = (previous_ns - stamp_ns) * 1e-9
        super().__init__(
            f"observation stamp {stamp_ns} ns is not after the previous one ({age_s:.3f} s behind); "
            "each observation must be newer than the last"
        )


def check_observation(
    observation: Observation, space: ObservationSpace, previous_ns: int | None = None
) -> None:
    """Refuse an observation that a model would misread.

    Args:
        observation: from a robot or an environment.
        space: what the model was trained on; further cameras are allowed.
        previous_ns: stamp of the observation before, if there was one.

    Raises:
        StaleObservationError: not newer than the previous one.
        UnknownNameError: a camera of the space is missing.
        ShapeError: an image of another size, or another number of proprioception entries.
        MismatchError: an image that is not uint8.
        NotFiniteError: NaN or infinity in the proprioception, by name.
    """
    if previous_ns is not None and observation.stamp_ns <= previous_ns:
        raise StaleObservationError(observation.stamp_ns, previous_ns)
    for camera in space.cameras:
        if camera not in observation.images:
            raise UnknownNameError("camera", camera, observation.images)
        image = observation.images[camera]
        if image.shape != (*space.image_size, 3):
            raise ShapeError(f"image of camera {camera!r}", image.shape, (*space.image_size, 3))
        if image.dtype != np.uint8:
            raise MismatchError(f"image of camera {camera!r} is {image.dtype}; it must be uint8")
    names = space.proprio_names
    finite_array("proprioception", observation.proprio, (len(names),), names=names)
