"""Whether two goals are the same."""

import numpy as np

from wm_robot.core.types import Goal


def same_goal(one: Goal, other: Goal) -> bool:
    """Whether two goals have the same content: each snapshot brings a goal of its own."""
    if one.pose != other.pose:
        return False
    arrays, others = ({**(goal.images or {}), "": goal.latent} for goal in (one, other))
    return arrays.keys() == others.keys() and all(
        np.array_equal(array, others[name]) for name, array in arrays.items()
    )
