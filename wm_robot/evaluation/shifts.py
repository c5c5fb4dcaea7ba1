"""The start of an episode in a scene that looks different from the one in training."""

from wm_robot.core.errors import MismatchError
from wm_robot.core.protocols import Environment, Shiftable
from wm_robot.core.types import Goal, Observation


def start_episode(
    environment: Environment, seed: int, *, shift: str | None = None, goal_before_shift: bool = False
) -> tuple[Observation, Goal]:
    """The first observation and the goal of episode `seed`, with equal physics whatever the look.

    Args:
        environment: any; with a `shift`, one that is `Shiftable`.
        seed: of the episode.
        shift: name of the visual change.
        goal_before_shift: take the goal image before the change, the observation after it.

    Raises:
        MismatchError: a shift of an environment that has none.
        UnknownNameError: no such shift.
    """
    if not isinstance(environment, Shiftable):
        if shift is not None:
            raise MismatchError(f"environment {environment.name!r} has no visual shifts; leave shift out")
        return environment.reset(seed), environment.goal()
    environment.set_shift(None if goal_before_shift else shift)
    observation = environment.reset(seed)
    goal = environment.goal()
    if goal_before_shift:
        environment.set_shift(shift)
        observation = environment.restore_state(environment.save_state())
    return observation, goal
