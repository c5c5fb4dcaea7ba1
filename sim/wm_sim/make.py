"""Environments by name."""

from wm_robot.core.errors import MismatchError, UnknownNameError
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
) -> Environment:
    """The environment called `name`.

    Args:
        name: "push" or "reach" for a robot arm, or "dm:<domain>-<task>" for one of dm_control.
        robot: which arm; dm_control's environments bring their own.
        image_size: height and width of every camera, pixels.
        shift: how a robot's scene differs from its nominal look.

    Raises:
        UnknownNameError: no such task, robot or shift, with the valid names.
        MismatchError: a shift of an environment that has none.
        GraphicsError: OpenGL cannot be opened here.
    """
    if name.startswith("dm:"):
        from wm_sim.dm import DmEnvironment  # noqa: PLC0415  (dm_control takes seconds to import)

        if shift is not None:
            raise MismatchError(f"environment {name!r} has no visual shifts; leave shift out")
        return DmEnvironment(name, image_size=image_size)
    if name not in TASKS:
        raise UnknownNameError("task", name, [*TASKS, "dm:<domain>-<task>"])
    return ArmEnvironment(
        get_robot(robot),
        TASKS.get(name)(),
        image_size=image_size,
        shift=shift,
    )
