"""How far an arm is from itself, the table, keep-out boxes and the walls of its workspace."""

from collections.abc import Sequence

import coal
import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from wm_controllers.kinematics import Arm
from wm_robot.core.arrays import FloatArray
from wm_robot.robots import Box

TABLE = "table"


class Clearances:
    """Distances h (R,), m, that must stay positive, and their gradients over the joints.

    A row is a pair of shapes that must not meet, less the distance it must keep, or a wall of the box that
    the tool's tip must not leave. Shapes are the arm's capsules, the table (the half space z < 0) and the
    keep-out boxes; shapes of one joint or of neighbouring joints may touch, and so may any two
    that are nearer than `distance_m` at the home pose.

    Distances are computed for the rows that may be near. Of the others, h is a lower bound above `near_m`,
    out of the last distance and of how far the joints can have moved the shapes since.

    Args:
        arm: kinematics and shapes; its `data` speaks of the joints asked for last.
        workspace: that the tip p_WE must not leave, m.
        keep_out: boxes in the world that no part of the arm may enter, m.
        distance_m: that every pair must keep.
        near_m: below which distances are exact.

    Not thread-safe.
    """

    def __init__(
        self,
        arm: Arm,
        *,
        workspace: Box,
        keep_out: Sequence[Box] = (),
        distance_m: float = 0.005,
        near_m: float = 0.1,
    ) -> None:
        self._arm, self._near, self._distance = arm, near_m, distance_m
        self._shapes = self._arm.shapes.copy()
        self._add_world(keep_out)
        self._pairs = self._add_pairs()
        self._shape_data = pin.GeometryData(self._shapes)
        self._carries = [self._carried_by(s.parentJoint) for s in self._shapes.geometryObjects]
        self._carries_tip = self._carried_by(self._arm.model.frames[self._arm.frame].parentJoint)
        self._walls = np.array([workspace.low, workspace.high])
        names = [shape.name for shape in self._shapes.geometryObjects]
        self.names: tuple[str, ...] = (
            *(f"{names[a]} and {names[b]}" for a, b in self._pairs),
            *(f"tip and the workspace's {end} {axis}" for end in ("lowest", "highest") for axis in "xyz"),
        )
        """What each row is about, (R,)."""
        self.reach = self._reach()
        """|∂h/∂q| at most, (R, nq), m/rad: how far a joint's turn can move a row's shapes."""
        self._known = np.full(len(self.names), -np.inf)
        self._known_at = np.zeros_like(self.reach)

    def __call__(self, q: FloatArray) -> FloatArray:
        """h (R,), m, at joints `q` (nq,)."""
        X_WE = self._arm.place(q)
        bound = self._known - (self.reach * np.abs(q - self._known_at)).sum(axis=1)
        pairs = len(self._pairs)
        near = np.flatnonzero(bound[:pairs] < self._near)
        if len(near):
            pin.updateGeometryPlacements(self._arm.model, self._arm.data, self._shapes, self._shape_data)
            for row in near:
                found = pin.computeDistance(self._shapes, self._shape_data, int(row))
                bound[row] = self._known[row] = found.min_distance - self._distance
            self._known_at[near] = q
        tip = X_WE.translation
        bound[pairs : pairs + 3] = tip - self._walls[0]
        bound[pairs + 3 :] = self._walls[1] - tip
        return bound

    def gradients(self, rows: NDArray[np.intp]) -> FloatArray:
        """∂h/∂q (len(rows), nq), m/rad, where h was last computed and for rows that were exact there.

        Between the nearest points a and b of two shapes, ∂h/∂q = nᵀ (J_b − J_a) with n from a to b.
        """
        J = self._arm.data.J  # (6, nv): the velocity of the world's origin and the turning, a joint
        gradients = np.empty((len(rows), J.shape[1]))
        pairs = len(self._pairs)
        for i, row in enumerate(rows):
            if row < pairs:
                a, b = self._pairs[row]
                found = self._shape_data.distanceResults[int(row)]
                n = np.array(found.normal)
                from_a = _moment(n, found.getNearestPoint1()) @ J
                from_b = _moment(n, found.getNearestPoint2()) @ J
                gradients[i] = self._carries[b] * from_b - self._carries[a] * from_a
            else:
                n = np.zeros(3)
                n[(row - pairs) % 3] = 1.0 if row < pairs + 3 else -1.0
                tip = self._arm.data.oMf[self._arm.frame].translation
                gradients[i] = self._carries_tip * (_moment(n, tip) @ J)
        return gradients[:, self._arm.order]

    def _add_world(self, keep_out: Sequence[Box]) -> None:
        below = coal.Halfspace(np.array([0.0, 0.0, 1.0]), 0.0)
        self._shapes.addGeometryObject(pin.GeometryObject(TABLE, 0, pin.SE3.Identity(), below))
        for number, box in enumerate(keep_out):
            low, high = np.array(box.low), np.array(box.high)
            at = pin.SE3(np.eye(3), (low + high) / 2)
            shape = pin.GeometryObject(f"keep-out box {number}", 0, at, coal.Box(*(high - low)))
            self._shapes.addGeometryObject(shape)

    def _add_pairs(self) -> list[tuple[int, int]]:
        joints = [shape.parentJoint for shape in self._shapes.geometryObjects]
        arm = len(self._arm.shapes.geometryObjects)
        pairs = [
            (a, b)
            for b in range(len(joints))
            for a in range(min(b, arm))
            if self._between(joints[a], joints[b]) > (1 if b < arm else 0)
        ]
        for a, b in pairs:
            self._shapes.addCollisionPair(pin.CollisionPair(a, b))
        data, home = pin.GeometryData(self._shapes), np.array(self._arm.robot.home)
        pin.computeDistances(self._arm.model, self._arm.data, self._shapes, data, home[self._arm.into_model])
        apart = [found.min_distance > self._distance for found in data.distanceResults]
        pairs = [pair for pair, there in zip(pairs, apart, strict=True) if there]
        self._shapes.removeAllCollisionPairs()
        for a, b in pairs:
            self._shapes.addCollisionPair(pin.CollisionPair(a, b))
        return pairs

    def _carried_by(self, joint: int) -> FloatArray:
        """1 for each joint (nv,) that moves what hangs on `joint`, else 0."""
        carries = np.zeros(self._arm.model.nv)
        for j in self._arm.model.supports[joint].tolist()[1:]:
            carries[self._arm.model.joints[j].idx_v] = 1.0
        return carries

    def _between(self, a: int, b: int) -> int:
        """Joints between two links."""
        above = [set(self._arm.model.supports[joint].tolist()) for joint in (a, b)]
        return len(above[0] ^ above[1])

    def _reach(self) -> FloatArray:
        model, shapes = self._arm.model, self._shapes.geometryObjects
        tip = model.frames[self._arm.frame]
        ends = [(shape.parentJoint, _radius(shape)) for shape in shapes]
        by_end = [self._levers(joint, beyond) for joint, beyond in ends]
        tip_levers = self._levers(tip.parentJoint, float(np.linalg.norm(tip.placement.translation)))
        rows = []
        for a, b in self._pairs:
            # A joint that carries both shapes leaves the distance between them as it is.
            rows.append(np.where((by_end[a] > 0) & (by_end[b] > 0), 0.0, by_end[a] + by_end[b]))
        rows += [tip_levers] * 6
        return np.array(rows)[:, self._arm.order]

    def _levers(self, joint: int, beyond: float) -> FloatArray:
        """How far from each joint's axis (nv,) anything can be that lies `beyond` m from `joint`'s origin."""
        model = self._arm.model
        levers, length = np.zeros(model.nv), beyond
        for j in reversed(model.supports[joint].tolist()[1:]):
            levers[model.joints[j].idx_v] = length
            length += float(np.linalg.norm(model.jointPlacements[j].translation))
        return levers


def _moment(n: FloatArray, p: FloatArray) -> FloatArray:
    """(n, p × n) (6,): times a spatial velocity, the speed along `n` of the point that is at `p`."""
    return np.array([*n, p[1] * n[2] - p[2] * n[1], p[2] * n[0] - p[0] * n[2], p[0] * n[1] - p[1] * n[0]])


def _radius(shape: pin.GeometryObject) -> float:
    """Of the sphere about its joint's origin that holds `shape`, m."""
    if not isinstance(shape.geometry, coal.Capsule):
        return 0.0  # of the world, which does not move
    capsule = shape.geometry
    return float(np.linalg.norm(shape.placement.translation)) + capsule.radius + capsule.halfLength
