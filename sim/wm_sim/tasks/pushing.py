"""Scripted ways to push a puck with a round tool, from the true positions of both."""

import math
from collections.abc import Callable

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.robots import Box
from wm_sim.arm import TaskSpaceArm
from wm_sim.tasks.reach import RandomWalk
from wm_sim.tasks.task import MAX_DISPLACEMENT_M, uniform


class Pusher:
    """One step of: walk around the puck without touching it, then push it straight at the target.

    With u the direction from puck to target and c the distance of touching axes, the puck moves along
    u when the tool stands at puck − c u. Away from there the tool goes round on a wider circle.

    Args:
        box: where the tool may be, m.
        contact: distance of the axes of tool and puck when they touch, m.
    """

    clearance_m = 0.022
    aligned_rad = 0.25
    arrived_m = 0.004

    def __init__(self, box: Box, contact: float) -> None:
        self.box, self.contact = box, contact
        self._radius = contact + self.clearance_m

    def displacement(self, tip: FloatArray, puck: FloatArray, target: FloatArray) -> FloatArray:
        """Displacement of the tool (2,), m, with tool, puck and target at (2,), m."""
        remaining = _length(target - puck)
        if remaining < self.arrived_m:
            return np.zeros(2)
        u = (target - puck) / remaining
        offset = tip - puck
        gap = _length(offset)
        turn = _angle_between(offset, -u)
        if abs(turn) < self.aligned_rad and gap < self._radius + 0.03:
            # Stand where a push goes along u, then follow through by what remains.
            wanted = puck + u * (remaining - self.contact)
            lateral = offset - (offset @ u) * u
            step = wanted - tip - lateral
            step = step / max(1.0, _length(step) / (MAX_DISPLACEMENT_M * 0.7)) - lateral
        else:
            step = self._around(tip, puck, turn, gap)
        return _within(step, -MAX_DISPLACEMENT_M, MAX_DISPLACEMENT_M)

    def _around(self, tip: FloatArray, puck: FloatArray, turn: float, gap: float) -> FloatArray:
        radius = self._radius
        # A chord of the circle must not cut into the puck's contact circle.
        largest = 2 * math.acos(min(1.0, (self.contact + 0.008) / radius))
        if gap > radius + 0.02:
            largest = max(largest, 0.6)
        x, y = tip - puck
        angle = math.atan2(y, x) + min(max(turn, -largest), largest)
        way_point = puck + radius * np.array([math.cos(angle), math.sin(angle)])
        step = way_point - tip
        return step * min(1.0, MAX_DISPLACEMENT_M / max(_length(step), 1e-9))


class Play:
    """Aimless but object-centred pushing, for data in which the puck moves in every direction.

    Switches at random between pushing towards random targets, driving through the puck, and
    wandering; noise of varied size is added throughout. Most episodes keep the puck where the tool can
    get behind it on every side; the careless ones let it go to the edge of the workspace, so that a
    model sees it there too and learns how long the way back is.

    Args:
        arm: the arm.
        puck_position: tells where the puck is (2,), m.
        pusher: how to push.
        region: where the tool can get behind the puck on every side.
        rng: source of randomness.
    """

    modes = ("push", "drive", "walk")
    probabilities = (0.65, 0.2, 0.15)
    switch_probability = 0.06
    noise_m = (0.003, 0.008, 0.02)
    careless_probability = 0.4

    def __init__(
        self,
        arm: TaskSpaceArm,
        puck_position: Callable[[], FloatArray],
        pusher: Pusher,
        region: Box,
        rng: np.random.Generator,
    ) -> None:
        self._arm, self._puck_position, self._rng = arm, puck_position, rng
        self._pusher = pusher
        self._region = pusher.box if rng.random() < self.careless_probability else region
        self._walk = RandomWalk(arm, pusher.box, (0, 1), rng)
        self._choose()

    def __call__(self) -> FloatArray:
        """The next displacement (2,), m."""
        puck, tip = self._puck_position(), self._arm.commanded[:2]
        if self._rng.random() < self.switch_probability or self._finished(tip, puck):
            self._choose()
        if self._mode == "walk":
            step = self._walk()
        elif self._mode == "drive":
            step = self._speed * _unit(self._through - tip)
        else:
            step = self._speed / MAX_DISPLACEMENT_M * self._pusher.displacement(tip, puck, self._target)
        noise = self._rng.normal(0.0, self._noise, 2)
        step = _within(step + noise, -MAX_DISPLACEMENT_M, MAX_DISPLACEMENT_M)
        if self._mode != "push" and self._would_lose(step, tip, puck):
            self._choose(mode="push")
            step = self._pusher.displacement(tip, puck, self._target)
        return self._inward(step, tip, puck)

    def _would_lose(self, step: FloatArray, tip: FloatArray, puck: FloatArray) -> bool:
        """Whether `step` pushes the puck out of its region."""
        (x, y), low, high = puck + step, self._region.low, self._region.high
        inside = low[0] <= x <= high[0] and low[1] <= y <= high[1]
        return not inside and _nearest(tip, tip + step, puck) < self._pusher.contact + 0.003

    def _inward(self, step: FloatArray, tip: FloatArray, puck: FloatArray) -> FloatArray:
        """`step` without the part that would push the puck out of its region."""
        if not self._would_lose(step, tip, puck):
            return step
        outward = _unit(puck + step - np.clip(puck + step, self._region.low[:2], self._region.high[:2]))
        return step - max(0.0, float(step @ outward)) * outward

    def _choose(self, mode: str | None = None) -> None:
        self._mode = mode or str(self._rng.choice(self.modes, p=self.probabilities))
        self._noise = float(self._rng.choice(self.noise_m))
        self._speed = float(self._rng.uniform(0.5, 1.0)) * MAX_DISPLACEMENT_M
        self._target = uniform(self._region, self._rng)[:2]
        # Drive to a point beyond the puck, aimed a little off its centre.
        puck, tip = self._puck_position(), self._arm.commanded[:2]
        aim = puck + self._rng.normal(0.0, 0.3 * self._pusher.contact, 2)
        beyond = aim + _unit(aim - tip) * self._rng.uniform(0.02, 0.12)
        self._through = np.clip(beyond, self._pusher.box.low[:2], self._pusher.box.high[:2])

    def _finished(self, tip: FloatArray, puck: FloatArray) -> bool:
        if self._mode == "push":
            return _length(puck - self._target) < 0.015
        return self._mode == "drive" and _length(tip - self._through) < 0.02


def _length(vector: FloatArray) -> float:
    """Of (2,): a norm of numpy takes ten times as long, and a policy asks for many."""
    x, y = vector.tolist()
    return math.hypot(x, y)


def _within(vector: FloatArray, low: float, high: float) -> FloatArray:
    return np.minimum(np.maximum(vector, low), high)


def _unit(vector: FloatArray) -> FloatArray:
    return vector / max(_length(vector), 1e-9)


def _nearest(start: FloatArray, end: FloatArray, point: FloatArray) -> float:
    """Distance of `point` from the straight way between `start` and `end`, m."""
    way = end - start
    along = min(max(float((point - start) @ way) / max(float(way @ way), 1e-12), 0.0), 1.0)
    return _length(start + along * way - point)


def _angle_between(a: FloatArray, b: FloatArray) -> float:
    """Signed angle from `a` to `b`, rad, in (−π, π]."""
    return math.atan2(a[0] * b[1] - a[1] * b[0], a @ b)
