"""Camera images to latents, one encoder a file."""

from wm_robot.core.errors import MismatchError
from wm_robot.core.registry import Registry

encoders: Registry = Registry("encoder")
encoders.add("patch_grid", "wm_robot.models.encoders.patch_grid:PatchGridEncoder")
encoders.add("vit", "wm_robot.models.encoders.vit:VitEncoder")

PIXELS = 16
"""Side of the square of pixels that a token shows at least."""


def check_image_size(image_size: tuple[int, int], grid: int) -> None:
    """Raise MismatchError unless images (height, width) can be cut into grid × grid tokens."""
    height, width = image_size
    if height % (PIXELS * grid) or width % (PIXELS * grid):
        raise MismatchError(
            f"images of {height}×{width} pixels cannot be cut into {grid}×{grid} tokens: each side must "
            f"be a multiple of {PIXELS * grid}; resize the images, or choose another grid"
        )
