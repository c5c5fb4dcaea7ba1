"""Where action sequences would lead the end effector."""

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import MismatchError
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.runtime.watch.snapshot import Snapshot

KIND = "end_effector_delta"


def tip_paths(
    p_WE: FloatArray, actions: FloatArray, space: ActionSpace, under_way: FloatArray | None = None
) -> FloatArray:
    """Positions of the end effector along action sequences, as commanded, in the world frame.

    Args:
        p_WE: where it is now (3,), m.
        actions: normalised (N, H, nu); clipped to the bounds as a chunk is.
        space: of the actions.
        under_way: actions (n, nu) in units that go before all of them.

    Returns:
        (N, 1 + n + H, 3), m, each beginning at `p_WE`.

    Raises:
        MismatchError: the actions are no displacements of an end effector.
    """
    if space.kind != KIND:
        raise MismatchError(f"actions of the kind {space.kind!r} have no path of a tip; {KIND!r} have one")
    first = np.empty((0, space.nu)) if under_way is None else under_way
    moves = space.clip(space.denormalize(actions))  # (N, H, nu)
    moves = np.concatenate(
        [np.broadcast_to(first, (len(moves), *first.shape)), moves], axis=1
    )  # (N, n + H, nu)
    steps = np.zeros((len(moves), 1 + moves.shape[1], 3))
    steps[:, 1:, ["xyz".index(name[-1]) for name in space.names]] = moves
    return p_WE + steps.cumsum(axis=1)


def tip_when_seen(snapshot: Snapshot, senses: ObservationSpace) -> FloatArray:
    """Where the end effector was when its observation was made (3,), m.

    As far as the proprioception tells it ("ee_x", "ee_y", "ee_z"); else where it is at the period's end.
    """
    tip = np.array(snapshot.arm.p_WE, dtype=float)
    for name, value in zip(senses.proprio_names, snapshot.observation.proprio, strict=True):
        if name in ("ee_x", "ee_y", "ee_z"):
            tip["xyz".index(name[-1])] = value
    return tip
