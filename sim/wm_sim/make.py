"""Environments by name."""

from wm_robot.core.protocols import Environment
from wm_robot.core.registry import Registry
from wm_robot.robots import get_robot
from wm_sim.arm_env import ArmEnvironment
from wm_sim.tasks.task import Task

TASKS: Registry[type[Task]] = Registry("task")
TASKS.add("push", "wm_sim.tasks.push:Push")
TASKS.add("reach", "wm_sim.tasks.reach:Reach")


def make(
    name: str,
    *,
    robot: str = "panda",
    image_size: int = 64,
    shift: str | None = None,
    appearance_seed: int | None = None,
) -> Environment:
    """The environment called `name`: "push" or "reach" with a robot.

    Raises:
        UnknownNameError: no such task, robot or shift, with the valid names.
        GraphicsError: OpenGL cannot be opened here.
    """
    task = TASKS.get(name)()
    return ArmEnvironment(
        get_robot(robot), task, image_size=image_size, shift=shift, appearance_seed=appearance_seed
    )
