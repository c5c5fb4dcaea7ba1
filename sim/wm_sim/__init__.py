"""MuJoCo simulation: robots as scenes, tasks, and dm_control environments."""

from wm_sim import gl  # noqa: F401  # isort: skip  (chooses OpenGL before anything imports mujoco)
from wm_sim.make import make
from wm_sim.robot import MujocoRobot

__all__ = ["MujocoRobot", "make"]
