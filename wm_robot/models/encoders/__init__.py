"""Camera images to latents, one encoder a file."""

from wm_robot.core.registry import Registry

encoders: Registry = Registry("encoder")
encoders.add("patch_grid", "wm_robot.models.encoders.patch_grid:PatchGridEncoder")
encoders.add("vit", "wm_robot.models.encoders.vit:VitEncoder")
