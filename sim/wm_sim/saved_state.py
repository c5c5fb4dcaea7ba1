"""A simulator's complete state as numbers and as bytes."""

import io
from typing import Any

import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError

COMPLETE = mujoco.mjtState.mjSTATE_INTEGRATION


def get_state(model: mujoco.MjModel, data: mujoco.MjData) -> FloatArray:
    """All that the next step depends on, solver warm start included, (n,)."""
    state = np.empty(mujoco.mj_stateSize(model, COMPLETE))
    mujoco.mj_getState(model, data, state, COMPLETE)
    return state


def set_state(model: mujoco.MjModel, data: mujoco.MjData, state: FloatArray) -> None:
    """Continue from `state` bit for bit, with all derived quantities current.

    Raises:
        WmrError: `state` was taken from another model.
    """
    if state.shape != (mujoco.mj_stateSize(model, COMPLETE),):
        raise WmrError(f"a state of {state.size} numbers belongs to another scene than this one")
    mujoco.mj_setState(model, data, state, COMPLETE)
    mujoco.mj_forward(model, data)
    # Computing the derived quantities has moved the solver's warm start.
    mujoco.mj_setState(model, data, state, COMPLETE)


def pack_state(**parts: ArrayLike) -> bytes:
    """Named arrays as bytes for `load_state`."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in parts.items()}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def load_state(state: bytes) -> dict[str, NDArray]:
    """The arrays that `pack_state` was given.

    Raises:
        WmrError: `state` is not such bytes.
    """
    try:
        with np.load(io.BytesIO(state), allow_pickle=False) as saved:
            return {name: saved[name] for name in saved.files}
    except (ValueError, OSError) as error:
        raise WmrError(f"not a saved environment state ({error})") from error
