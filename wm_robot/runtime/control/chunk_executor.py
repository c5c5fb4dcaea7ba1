"""Turns action chunks, which come late and irregularly, into one smooth path of the end effector."""

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import ActionChunk
from wm_robot.robots import Box
from wm_robot.runtime.control.reference_path import Knot, ReferencePath, at_rest

STOP_S = 0.25
"""In which the path comes to rest when chunks fail to come."""

LOST = 0.75
"""Share of an action's period after which all of it is lost."""


class ChunkExecutor:
    """The commanded path of the end effector.

    An action displaces the COMMANDED position by (dx, dy, dz) in one period. A chunk acts from `start_ns`
    on: from where the path will be then, so the time that planning took is made up for. Where it comes later
    than that, the actions that are over are lost, and it goes on from where the path is. Old and new path
    join with equal position, velocity and acceleration. A path ends at rest where its chunk ends.

    Args:
        axes: which of x, y, z the actions displace, in their order.
        workspace: the commanded position never leaves it, m.
        max_age_s: of the observation behind a chunk: one that comes older is dropped, and one in execution
            that grows older is broken off to a stop.
    """

    def __init__(self, axes: tuple[int, ...], workspace: Box, max_age_s: float) -> None:
        self._axes, self._max_age_ns = list(axes), round(max_age_s * 1e9)
        self._low, self._high = np.array(workspace.low), np.array(workspace.high)
        self._path: ReferencePath | None = None
        self._observed_ns: int | None = None

    def hold(self, now_ns: int, p_WE: FloatArray) -> None:
        """Forget every chunk and stand at `p_WE` (3,)."""
        self._path, self._observed_ns = ReferencePath([at_rest(now_ns, p_WE)]), None

    def add(self, now_ns: int, chunk: ActionChunk) -> str:
        """Take in a chunk; "" or why it is dropped."""
        if now_ns - chunk.observation_stamp_ns > self._max_age_ns:
            age_s = (now_ns - chunk.observation_stamp_ns) * 1e-9
            return f"plan {chunk.plan_id} dropped: its observation is {age_s:.2f} s old"
        if self._observed_ns is not None and chunk.observation_stamp_ns <= self._observed_ns:
            return f"plan {chunk.plan_id} dropped: it is not newer than the one in execution"
        dt_ns = round(chunk.dt_s * 1e9)
        late = max(0, now_ns - chunk.start_ns)
        done, part_ns = divmod(late, dt_ns)
        start_ns = max(now_ns, chunk.start_ns)
        if part_ns > LOST * dt_ns:  # what is left of an action is too short to be a stretch of the path
            done, start_ns, part_ns = done + 1, start_ns + dt_ns - part_ns, 0
        if done >= len(chunk.actions):
            return f"plan {chunk.plan_id} dropped: it comes {late * 1e-9:.2f} s late, after its own end"
        displacements = np.zeros((len(chunk.actions) - done, 3))
        displacements[:, self._axes] = chunk.actions[done:]
        displacements[0] *= 1 - part_ns / dt_ns
        self._follow(now_ns, start_ns, displacements, dt_ns, dt_ns - part_ns)
        self._observed_ns = chunk.observation_stamp_ns
        return ""

    def __call__(self, now_ns: int, then_ns: int) -> tuple[Knot, str]:
        """The path at `then_ns`, and what happened on the way at `now_ns`."""
        if self._path is None:
            raise RuntimeError("hold was not called")
        event = ""
        too_old = self._observed_ns is not None and now_ns - self._observed_ns > self._max_age_ns
        if too_old and now_ns < self._path.end_ns:
            here = self._path(now_ns)
            # Half the way that would be covered at this speed: the path of an even deceleration.
            rest = np.clip(here.p + here.v * STOP_S / 2, self._low, self._high)
            self._path = ReferencePath([here, at_rest(now_ns + round(STOP_S * 1e9), rest)])
            self._observed_ns, event = None, "no new chunk: the path comes to rest"
        return self._path(then_ns), event

    def _follow(
        self, now_ns: int, start_ns: int, displacements: FloatArray, dt_ns: int, first_ns: int
    ) -> None:
        """Go on from where the path is at `start_ns`; the first displacement takes `first_ns`."""
        assert self._path is not None
        begin = self._path(start_ns)
        p, t_ns = np.clip(begin.p, self._low, self._high), start_ns
        knots = [begin]
        for i, displacement in enumerate(displacements):
            p = np.clip(p + displacement, self._low, self._high)
            t_ns += dt_ns if i else first_ns
            knots.append(at_rest(t_ns, p))
        for before, knot, after in zip(knots[:-2], knots[1:-1], knots[2:], strict=True):
            knot.v[:] = (after.p - before.p) / ((after.t_ns - before.t_ns) * 1e-9)
        until_then = [self._path(now_ns)] if start_ns > now_ns else []
        self._path = ReferencePath([*until_then, *knots])
