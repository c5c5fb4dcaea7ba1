"""Joints are matched by name, never by position."""

from collections.abc import Sequence

import numpy as np

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.core.types import JointCommand


def places(given: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where in `given` each of `wanted` is; `given` may hold foreign joints.

    Raises:
        UnknownNameError: one of `wanted` is missing.
        WmrError: a name is given twice.
    """
    if len(set(given)) != len(given):
        twice = sorted({name for name in given if list(given).count(name) > 1})
        raise WmrError(f"joint {', '.join(twice)} is named twice in {', '.join(given)}")
    index = {name: i for i, name in enumerate(given)}
    for name in wanted:
        if name not in index:
            raise UnknownNameError("joint", name, given)
    return [index[name] for name in wanted]


def in_order(command: JointCommand, joint_names: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """`q` and `v` (nq,) of a command for exactly the joints `joint_names`, in their order.

    Raises:
        UnknownNameError: a joint that is not one of them, or one that is missing.
        WmrError: a joint named twice.
        ShapeError, NotFiniteError: not one finite number a joint.
    """
    order = places(command.joint_names, joint_names)
    places(joint_names, command.joint_names)
    q = finite_array("joint command q", command.q, (len(order),), names=command.joint_names)
    v = finite_array("joint command v", command.v, (len(order),), names=command.joint_names)
    return np.take(q, order), np.take(v, order)
