"""What a planner is measured against."""

from collections.abc import Sequence

from wm_robot.core.errors import UnknownNameError
from wm_robot.core.protocols import Environment, HasOracle
from wm_robot.core.seeding import rng
from wm_robot.evaluation.config import BASELINES
from wm_robot.runtime.actor import Actor, ScriptedActor


def choose_baselines(wanted: Sequence[str] | None, environment: Environment) -> tuple[str, ...]:
    """The baselines to run in `environment`: those `wanted`, or all that it has.

    Raises:
        UnknownNameError: an oracle is wanted of an environment that has none.
    """
    available = tuple(n for n in BASELINES if n != "oracle" or isinstance(environment, HasOracle))
    for name in wanted or ():
        if name not in available:
            raise UnknownNameError(f"baseline of {environment.name}", name, available)
    return available if wanted is None else tuple(wanted)


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
    if name == "oracle" and isinstance(environment, HasOracle):
        return ScriptedActor(environment.oracle(), space)
    raise UnknownNameError("scripted baseline", name, set(BASELINES) - {"greedy"})
