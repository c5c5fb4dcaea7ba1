"""Pictures of a camera on the network → RGB arrays."""

from typing import Any

from wm_robot.core.errors import DriverError
from wm_robot.core.types import Image
from wm_robot.data import ros_pictures


def decode(message: Any) -> Image:
    """`wm_robot.data.ros_pictures.decode`, where what cannot be decoded is the camera's fault.

    Raises:
        DriverError: no picture, or one in a form that is not known.
    """
    try:
        return ros_pictures.decode(message)
    except ros_pictures.PictureError as error:
        raise DriverError(str(error)) from error
