"""What a planner is measured against."""

from wm_robot.core.errors import UnknownNameError
from wm_robot.core.protocols import Environment
from wm_robot.core.seeding import rng
from wm_robot.evaluation.config import BASELINES
from wm_robot.runtime.actor import Actor, ScriptedActor


def scripted_baseline(name: str, environment: Environment, seed: int) -> Actor:
    """The baseline called `name` for the episode that `environment` has just been reset to.

    "random" draws actions uniformly, "hold" does nothing, "oracle" reads privileged state. The fourth
    one, "greedy", is the planner itself with a horizon of one step.

    Raises:
        UnknownNameError: none of these.
    """
    space = environment.action_space
    generator = rng(seed, "random baseline")
    if name == "random":
        return ScriptedActor(lambda: generator.uniform(space.low, space.high), space)
    if name == "hold":
        return ScriptedActor(lambda: space.hold, space)
    if name == "oracle":
        return ScriptedActor(environment.oracle(), space)
    raise UnknownNameError("scripted baseline", name, set(BASELINES) - {"greedy"})
