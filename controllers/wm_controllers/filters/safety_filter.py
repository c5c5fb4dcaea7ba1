"""The last word before a driver: the step nearest to the command after which the arm can still stop."""

from collections.abc import Sequence

import numpy as np

from wm_controllers.collision import Clearances
from wm_controllers.filters.barrier_qp import MOST_ROWS, BarrierQP
from wm_controllers.filters.decision import Decision, Reason
from wm_controllers.filters.joint_limits import JointLimits
from wm_controllers.filters.motion import Motion, Planner
from wm_controllers.filters.safety_config import SafetyConfig
from wm_controllers.filters.stop_certificate import SLACK_M, StopCertificate
from wm_controllers.kinematics import Arm
from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.core.joints import in_order
from wm_robot.core.types import JointCommand

FOLLOWING = 0.3
"""How much of a small deviation is taken back in one control period."""


class SafetyFilter:
    """Follows joint commands within limits, and never takes a step from which it could not stop in time.

    The state is the motion last commanded (q, v, a), not the measured one: limits against the measurement
    throttle an arm that lags behind. A step is chosen in four stages:

    1. The command is followed by j = ω³ (q* − q) + 3 ω² (v* − v) + 3 ω (a* − a), or, where that needs more
       than the limits of velocity V, acceleration A or jerk J, by the time-optimal motion within them. V is
       less during start-up and near singularities.
    2. Where a barrier is near, the jerk is the nearest that keeps

           h⃛ + (2γ + p) ḧ + (γ² + 2γp) ḣ + γ²p h ≥ 0,   p = min J/A

       for every clearance h(q) less a soft margin: real poles at −γ, −γ and −p, so that h, left to itself,
       decays without crossing 0. One QP with the joint limits. h⃛ is taken as ∂h/∂q · j.
    3. The step and the quickest stop from where it leads are proved to keep joint limits and every
       clearance at every instant (StopCertificate). That makes up for what the second stage leaves out.
    4. If it is refused, the step halfway between it and braking is tried, and then the arm brakes along the
       stop that was checked the period before.

    So there is always a checked stop at hand, and whatever is commanded ends there at worst. This holds for
    the commanded motion; a servo's tracking error is not in it, nor is the arm's shape beyond its model.

    Args:
        arm: kinematics and shapes.
        config: numbers.
        dt: control period, s.

    Not thread-safe.
    Source: Ames et al. 2019, Control barrier functions; Xiao and Belta 2019 (higher order); Chen et al.
        2021, Backup control barrier functions; differs: the backup is checked, not differentiated.
    """

    def __init__(self, arm: Arm, config: SafetyConfig | None = None, *, dt: float) -> None:
        self.config = config = config or SafetyConfig()
        self.joint_names, self.dt = arm.robot.joint_names, dt
        robot, soft = arm.robot, config.soft
        self._arm = arm
        self._lower = np.array(robot.lower) + config.soft_position_rad
        self._upper = np.array(robot.upper) - config.soft_position_rad
        self._limits = JointLimits(
            soft * np.array(robot.max_velocity),
            soft * np.array(robot.max_acceleration),
            soft * np.array(robot.max_jerk),
        )
        self._rows = 3 if robot.free_tool_yaw else 6  # an arm of five joints is always singular in its turns
        self.clearances = Clearances(
            arm,
            workspace=config.room(robot.workspace),
            keep_out=config.keep_out,
            distance_m=config.distance_m,
        )
        self._planner = Planner(self._limits.A, self._limits.J)
        self._qp = BarrierQP(robot.nq)
        self._certified = StopCertificate(
            self.clearances, np.array(robot.lower), np.array(robot.upper), self._limits, dt
        )
        # The acceleration follows as fast as the slowest joint can change it.
        rate, quick = config.barrier_rate, float((self._limits.J / self._limits.A).min())
        self._quick = quick
        self._poles = rate**2 * quick, rate**2 + 2 * rate * quick, 2 * rate + quick
        self.motion: Motion | None = None

    def reset(self, q: Sequence[float] | FloatArray) -> None:
        """Begin at rest at the measured joints `q` (nq,), rad; speed ramps up from here.

        Raises:
            WmrError: the arm is outside its limits or too near to something, and where.
            ShapeError, NotFiniteError: not one finite number a joint.
        """
        q = self._arm.joints("measured q", np.array(q, dtype=float))
        outside = np.flatnonzero((q < self._arm.robot.lower) | (q > self._arm.robot.upper))
        if len(outside):
            i = outside[0]
            raise WmrError(
                f"joint {self.joint_names[i]} is at {q[i]:.3f} rad, outside its limits "
                f"[{self._arm.robot.lower[i]:.3f}, {self._arm.robot.upper[i]:.3f}]; "
                "bring the arm inside by hand or with its own controls"
            )
        h = self.clearances(q)
        if not h.min() >= SLACK_M:  # NaN is too near as well
            raise WmrError(
                f"{self.clearances.names[int(h.argmin())]}: {(SLACK_M - h.min()) * 1000:.1f} mm too near "
                "for a start; "
                "bring the arm clear by hand or with its own controls"
            )
        rest = np.zeros(len(q))
        self.motion = Motion(q, rest, rest)
        stop = self._planner.stop(self.motion)
        assert stop is not None
        self._stop, self._stopped_for = stop, 0.0
        self._target = q, rest
        self._stamp_ns: int | None = None
        self._age_s = 0.0

    @property
    def at_rest(self) -> bool:
        """Whether the commanded motion has ended."""
        motion = self._require_motion()
        return not (motion.v.any() or motion.a.any())

    def __call__(self, command: JointCommand) -> Decision:
        """The step (one control period) that follows `command` as far as is safe; never raises for it.

        Raises:
            WmrError: `reset` was not called.
        """
        self._require_motion()
        try:
            q, v = in_order(command, self.joint_names)
        except (WmrError, TypeError, ValueError):  # the last two: what numpy cannot make numbers of
            return self.brake(Reason.INVALID)
        reasons: list[Reason] = []
        if self._stamp_ns is not None and not command.stamp_ns > self._stamp_ns:
            reasons.append(Reason.OUT_OF_ORDER)
            q, v = self._target[0], np.zeros_like(v)
        else:
            self._stamp_ns = command.stamp_ns
        return self._follow(q, v, reasons)

    def brake(self, reason: Reason = Reason.STOP) -> Decision:
        """The next step of the stop that was last found safe; at rest, stand still."""
        self._require_motion()
        self._stopped_for += self.dt
        self.motion = motion = self._stopping(self._stopped_for)
        if self.at_rest:
            self._age_s = 0.0  # whoever sets off again ramps up
        self._target = motion.q, motion.v
        return _decision(motion, (reason,))

    def _stopping(self, t: float) -> Motion:
        """Where the stop last found safe is `t` s after it began."""
        if t < self._stop.duration:
            return Motion.of(self._stop.at_time(t))
        rest = np.zeros(len(self.joint_names))
        return Motion(np.array(self._stop.at_time(self._stop.duration)[0]), rest, rest)

    def _follow(self, q: FloatArray, v: FloatArray, reasons: list[Reason]) -> Decision:
        motion = self._require_motion()
        inside = np.minimum(np.maximum(q, self._lower), self._upper)
        within = inside == q
        if not within.all():
            reasons.append(Reason.POSITION)
        V = self._speed_limit(motion, reasons)
        v = np.minimum(np.maximum(v, -V), V) * within
        low, high = JointLimits(V, self._limits.A, self._limits.J).jerk_bounds(motion, self.dt)
        wanted = self._towards(motion, (inside, v), V, (low, high), reasons)
        allowed = (
            None if wanted is None else self._within_barriers(motion, wanted, (inside, v, V), (low, high))
        )
        if allowed is None:
            return self.brake(Reason.UNSAFE)
        if allowed is not wanted:
            reasons.append(Reason.BARRIER)
        for share in (1.0, 0.5):
            jerk = allowed
            if share < 1:
                braking = self._stopping(self._stopped_for + self.dt)
                jerk = share * allowed + (1 - share) * (braking.a - motion.a) / self.dt
            step = motion.after(jerk, self.dt)
            stop = self._planner.stop(step)
            if stop is not None and self._certified(motion, jerk, step, stop):
                self.motion, self._stop, self._stopped_for = step, stop, 0.0
                self._age_s += self.dt
                self._target = inside, v
                return _decision(step, tuple(dict.fromkeys(reasons)))
            reasons.append(Reason.UNSAFE)
        return self.brake(Reason.UNSAFE)

    def _speed_limit(self, motion: Motion, reasons: list[Reason]) -> FloatArray:
        ramp = min((self._age_s + self.dt) / self.config.ramp_s, 1.0) if self.config.ramp_s else 1.0
        self._arm.place(motion.q)
        J = self._arm.jacobian()[: self._rows]
        least = float(np.sqrt(max(np.linalg.eigvalsh(J @ J.T)[0], 0.0)))
        dexterity = min(max(least / self.config.singular, self.config.slowest), 1.0)
        if ramp < 1:
            reasons.append(Reason.RAMP)
        if dexterity < 1:
            reasons.append(Reason.SINGULARITY)
        return self._limits.V * (self.config.speed * ramp * dexterity)

    def _towards(
        self,
        motion: Motion,
        target: tuple[FloatArray, FloatArray],
        V: FloatArray,
        bounds: tuple[FloatArray, FloatArray],
        reasons: list[Reason],
    ) -> FloatArray | None:
        """The jerk of following (q, v), which are due one period from now; None where there is none."""
        (q, v), (low, high), w = target, bounds, FOLLOWING / self.dt
        dt = self.dt
        a = np.minimum(np.maximum((v - self._target[1]) / dt, -self._limits.A), self._limits.A)
        v_now = v - dt * a
        q_now = q - dt / 2 * (v + v_now)
        jerk = w**3 * (q_now - motion.q) + 3 * w**2 * (v_now - motion.v) + 3 * w * (a - motion.a)
        if ((low <= jerk) & (jerk <= high) & (np.abs(motion.v) <= V)).all():
            return jerk
        reasons.append(Reason.RATE)
        # To rest where (q, v) could stop. To pass q at v, an arm that is slower would step back first.
        rest = np.minimum(np.maximum(q + self._limits.stopping_distance(v), self._lower), self._upper)
        quickest = self._planner.to(motion, rest, V)
        if quickest is None:
            return None
        jerk = (np.array(quickest.at_time(self.dt)[2]) - motion.a) / self.dt
        return np.minimum(np.maximum(jerk, low), high)

    def _within_barriers(
        self,
        motion: Motion,
        jerk: FloatArray,
        target: tuple[FloatArray, FloatArray, FloatArray],
        bounds: tuple[FloatArray, FloatArray],
    ) -> FloatArray | None:
        """`jerk` itself where it keeps the barriers, else the nearest to a gentle one that does, or None."""
        c0, c1, c2 = self._poles
        drift = c2 * motion.a + c1 * motion.v
        soft = self.config.soft_distance_m
        fall = self.clearances.reach @ np.abs(jerk + drift) / c0
        near = np.minimum(fall, self.config.near_m) + soft
        h = self.clearances(motion.q, below=near)
        rows = (h < near).nonzero()[0]
        if not len(rows):
            return jerk
        if len(rows) > MOST_ROWS:
            rows = rows[np.argsort(h[rows])[:MOST_ROWS]]
        gradient, bend = self.clearances.gradients(motion.q, motion.v, rows)
        g = -gradient @ drift - c2 * bend - c0 * (h[rows] - soft)
        if (gradient @ jerk >= g).all():
            return jerk
        # A joint that is turned aside must not run into its own limit.
        low, high = bounds
        low, high = (
            np.minimum(np.maximum(c0 * (self._lower - motion.q) - drift, low), high),
            np.maximum(np.minimum(c0 * (self._upper - motion.q) - drift, high), low),
        )
        jerk = self._gently(motion, *target)
        J = self._limits.J
        found = self._qp(jerk / J, low / J, high / J, gradient * J, g)
        return None if found is None else found * J

    def _gently(self, motion: Motion, q: FloatArray, v: FloatArray, V: FloatArray) -> FloatArray:
        """The jerk (nq,) of following (q, v) at most as fast as V, which does not jump.

        Turned aside by a barrier, time-optimal motion would swing to and fro along it: its jerk is always
        at one limit or the other.
        """
        p = self._quick
        v = np.minimum(np.maximum(v + p / 9 * (q - motion.q), -V), V)
        a = np.minimum(np.maximum(p / 3 * (v - motion.v), -self._limits.A), self._limits.A)
        return p * (a - motion.a)

    def _require_motion(self) -> Motion:
        if self.motion is None:
            raise WmrError("the safety filter does not know where the arm is; call reset(q) first")
        return self.motion


def _decision(motion: Motion, reasons: tuple[Reason, ...]) -> Decision:
    """Arrays of its own: whoever changes them does not change the filter's state."""
    return Decision(motion.q.copy(), motion.v.copy(), motion.a.copy(), reasons)
