"""Where a simulated arm's joints shall be now, by the commands that came."""

from bisect import bisect_right
from collections import deque

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot_ros.joint_messages import Waypoints

STREAM_NS = 40_000_000
"""Commands that come closer than this are one motion; an arrival is uncertain by some milliseconds."""


class JointTargets:
    """Follows a stream of positions, or a trajectory: whichever came last.

    Positions on a topic come without velocities, which a servo's feed-forward wants: they are taken from
    the stream, and are 0 once it ends. A trajectory is interpolated linearly, from where the target is.

    Args:
        q: the target at first (nq,), rad or m.
        max_velocity: of the joints (nq,); no stream is taken for faster.
    """

    def __init__(self, q: FloatArray, max_velocity: FloatArray) -> None:
        self._max_velocity = max_velocity
        self._times_ns: tuple[int, ...] = (0,)
        self._q = q[None]  # (1, nq)
        self._stream: deque[tuple[int, FloatArray]] = deque()

    def stream(self, q: FloatArray, now_ns: int) -> None:
        """Be at `q` (nq,) at once."""
        self._times_ns, self._q = (now_ns,), q[None]
        while self._stream and now_ns - self._stream[0][0] > STREAM_NS:
            self._stream.popleft()
        self._stream.append((now_ns, q))

    def follow(self, points: Waypoints, now_ns: int) -> None:
        """Pass the points of a trajectory, and stay at the last."""
        q, _ = self.at(now_ns)
        begun = bisect_right(points.times_ns, now_ns)
        if begun:  # points that have passed say where to be now
            q, _ = _between(points.times_ns, points.q, now_ns)
        self._times_ns = (now_ns, *points.times_ns[begun:])
        self._q = np.vstack([q, points.q[begun:]])  # (n + 1, nq)
        self._stream.clear()

    def at(self, now_ns: int) -> tuple[FloatArray, FloatArray]:
        """Positions (nq,), rad or m, and velocities (nq,)."""
        if self._stream:
            return self._q[-1], self._streamed_velocity(now_ns)
        return _between(self._times_ns, self._q, now_ns)

    def _streamed_velocity(self, now_ns: int) -> FloatArray:
        (first_ns, first), (last_ns, last) = self._stream[0], self._stream[-1]
        if last_ns == first_ns or now_ns - last_ns > STREAM_NS:
            return np.zeros_like(last)
        velocity = (last - first) / ((last_ns - first_ns) * 1e-9)
        return np.clip(velocity, -self._max_velocity, self._max_velocity)


def _between(times_ns: tuple[int, ...], q: FloatArray, now_ns: int) -> tuple[FloatArray, FloatArray]:
    """Positions (nq,) and velocities (nq,) on the straight lines through the points `q` (n, nq)."""
    after = bisect_right(times_ns, now_ns)
    if after == 0 or after == len(times_ns):
        return q[max(after - 1, 0)], np.zeros_like(q[0])
    begin_ns, end_ns = times_ns[after - 1], times_ns[after]
    velocity = (q[after] - q[after - 1]) / ((end_ns - begin_ns) * 1e-9)
    return q[after - 1] + velocity * ((now_ns - begin_ns) * 1e-9), velocity
