"""Turns action chunks, which come late and irregularly, into one smooth path of the end effector."""

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import ActionChunk
from wm_robot.robots import Box
from wm_robot.runtime.control.reference_path import Knot, ReferencePath, at_rest, passing_velocity

STOP_S = 0.25
"""In which the path comes to rest when chunks fail to come."""

LOST = 0.75
"""Share of an action's period after which all of it is lost."""

MOST_ACTIONS = 100
"""In a chunk; the path of more takes longer to make than a control period."""

DT_S = (0.01, 10.0)
"""Least and greatest duration of an action."""

AHEAD_S = 0.1
"""By which an observation's stamp may be ahead: another machine's clock is known no better."""


class ChunkExecutor:
    """The commanded path of the end effector.

    An action displaces the COMMANDED position by (dx, dy, dz) in one period. A chunk acts from `start_ns`
    on: from where the path will be then, so the time that planning took is made up for. Where it comes later
    than that, the actions that are over are lost, and it goes on from where the path is. Old and new path
    join with equal position, velocity and acceleration. Where joining at once would lead out of the
    workspace, the old path goes on for another action. A path ends at rest where its chunk ends.

    Args:
        axes: which of x, y, z the actions displace, in their order.
        workspace: the commanded position never leaves it, m, and comes back by the first chunk where it
            was outside at first.
        max_age_s: of the observation behind a chunk: one that comes older is dropped, and one in execution
            that grows older is broken off to a stop.
        lead_s: by which commands lead the path, because the joints lag behind them.
    """

    def __init__(self, axes: tuple[int, ...], workspace: Box, max_age_s: float, lead_s: float = 0.0) -> None:
        self._lead_ns = round(lead_s * 1e9)
        self._axes, self._max_age_ns = list(axes), round(max_age_s * 1e9)
        self._low, self._high = np.array(workspace.low), np.array(workspace.high)
        self._path: ReferencePath | None = None
        self._observed_ns: int | None = None

    def hold(self, now_ns: int, p_WE: FloatArray) -> None:
        """Forget every chunk and stand at `p_WE` (3,)."""
        self._path, self._observed_ns = ReferencePath([at_rest(now_ns, p_WE)]), None

    def problem(self, chunk: ActionChunk) -> str:
        """Why this is no chunk that anybody could carry out; "" where it is one."""
        shape, nu = np.shape(chunk.actions), len(self._axes)
        if len(shape) != 2 or shape[1] != nu or not 1 <= shape[0] <= MOST_ACTIONS:
            return f"plan {chunk.plan_id} has actions {shape}; valid: 1 to {MOST_ACTIONS} of {nu} numbers"
        if not np.isfinite(chunk.actions).all():
            return f"plan {chunk.plan_id} holds NaN or infinity"
        if not DT_S[0] <= chunk.dt_s <= DT_S[1]:
            return f"plan {chunk.plan_id} has actions of {chunk.dt_s} s; valid: {DT_S[0]} to {DT_S[1]} s"
        return ""

    def add(self, now_ns: int, chunk: ActionChunk) -> str:
        """Take in a chunk that has no `problem`; "" or why it is dropped."""
        age_s = (now_ns - chunk.observation_stamp_ns) * 1e-9
        if age_s > self._max_age_ns * 1e-9:
            return f"plan {chunk.plan_id} dropped: its observation is {age_s:.2f} s old"
        if age_s < -AHEAD_S:
            return f"plan {chunk.plan_id} dropped: its observation is {-age_s:.2f} s from the future"
        if self._observed_ns is not None and chunk.observation_stamp_ns <= self._observed_ns:
            return f"plan {chunk.plan_id} dropped: it is not newer than the one in execution"
        dt_ns = round(chunk.dt_s * 1e9)
        next_ns = now_ns + self._lead_ns  # what lies before it is commanded already
        done, part_ns = divmod(max(0, next_ns - chunk.start_ns), dt_ns)
        join_ns = max(next_ns, chunk.start_ns)
        if part_ns > LOST * dt_ns:  # what is left of an action is too short to be a stretch of the path
            done, join_ns, part_ns = done + 1, join_ns + dt_ns - part_ns, 0
        if done >= len(chunk.actions):
            late_s = (next_ns - chunk.start_ns) * 1e-9
            return f"plan {chunk.plan_id} dropped: it comes {late_s:.2f} s late, after its own end"
        while done < len(chunk.actions):
            if self._join(now_ns, join_ns, chunk.actions[done:], dt_ns, part_ns):
                self._observed_ns = chunk.observation_stamp_ns
                return ""
            done, join_ns, part_ns = done + 1, join_ns + dt_ns - part_ns, 0
        return f"plan {chunk.plan_id} dropped: it would leave the workspace"

    def due(self, now_ns: int) -> FloatArray:
        """Where the arm is due at `now_ns`, p_WE (3,), m."""
        return self._require_path()(now_ns).p

    def __call__(self, now_ns: int, then_ns: int) -> tuple[Knot, str]:
        """What to command for `then_ns`, and what happened on the way at `now_ns`."""
        path = self._require_path()
        next_ns = now_ns + self._lead_ns
        too_old = self._observed_ns is not None and now_ns - self._observed_ns > self._max_age_ns
        if too_old:
            self._observed_ns = None
            here = path(next_ns)
            # Half the way that would be covered at this speed: the path of an even deceleration.
            rest = at_rest(next_ns + round(STOP_S * 1e9), here.p + here.v * STOP_S / 2)
            stop = ReferencePath([*path.knots_between(now_ns, next_ns), here, rest])
            if stop.stays_within(*self._room(here.p)):  # else the path itself slows down before the edge
                self._path = path = stop
            return path(then_ns + self._lead_ns), "no new chunk: the path comes to rest"
        return path(then_ns + self._lead_ns), ""

    def _join(self, now_ns: int, join_ns: int, actions: FloatArray, dt_ns: int, part_ns: int) -> bool:
        """Follow `actions`, of whose first `part_ns` are over, from `join_ns` on, if the workspace allows."""
        path = self._require_path()
        begin = path(join_ns)
        low, high = self._room(begin.p)
        displacements = np.zeros((len(actions), 3))
        displacements[:, self._axes] = actions
        displacements[0] *= 1 - part_ns / dt_ns
        knots, p, t_ns = [begin], np.clip(begin.p, self._low, self._high), join_ns - part_ns
        for displacement in displacements:
            p, t_ns = np.clip(p + displacement, self._low, self._high), t_ns + dt_ns
            knots.append(at_rest(t_ns, p))
        for before, knot, after in zip(knots[:-2], knots[1:-1], knots[2:], strict=True):
            knot.v[:] = passing_velocity(before, knot, after)
        if not ReferencePath(knots).stays_within(low, high):
            return False
        self._path = ReferencePath([*path.knots_between(now_ns, join_ns), *knots])
        return True

    def _room(self, p_WE: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The workspace, and the way into it from `p_WE` (3,)."""
        return np.minimum(self._low, p_WE), np.maximum(self._high, p_WE)

    def _require_path(self) -> ReferencePath:
        if self._path is None:
            raise RuntimeError("hold was not called")
        return self._path
