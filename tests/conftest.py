"""What holds for every test."""

import wm_sim  # noqa: F401  (chooses MUJOCO_GL; a test that imports mujoco first would find no display)
