"""How far an arm is from itself, the table, keep-out boxes and the walls of its workspace."""

from collections.abc import Sequence

import coal
import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from wm_controllers.kinematics import Arm
from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.robots import Box

TABLE = "table"

TURNING = "JointModelR"
"""How pinocchio calls joints that turn about an axis."""

AHEAD, BEHIND = [1, 2, 0], [2, 0, 1]


class Clearances:
    """Distances h (R,), m, that must stay positive, and their gradients over the joints.

    A row is a pair of shapes that must not meet, less the distance it must keep, or a wall of the box that
    the tool's tip must not leave. Shapes are the arm's capsules, the table (the half space z < 0) and the
    keep-out boxes. Shapes of one joint or of neighbouring joints may touch, and so may two of the arm's own
    that are nearer than `distance_m` at the home pose; what is fixed to the world may touch the table.

    A distance is computed where it may matter. Elsewhere h is a lower bound, out of the distance last
    computed and of how far the joints can have moved the shapes since.

    Args:
        arm: kinematics and shapes; its scratch memory is left alone.
        workspace: that the tip p_WE must not leave, m.
        keep_out: boxes in the world that no part of the arm may enter, m.
        distance_m: that every pair must keep.

    Raises:
        WmrError: a joint that does not turn: what it can move would not be bounded by levers.

    Not thread-safe.
    """

    def __init__(
        self, arm: Arm, *, workspace: Box, keep_out: Sequence[Box] = (), distance_m: float = 0.005
    ) -> None:
        self._arm, self._distance = arm, distance_m
        for joint, name in zip(arm.model.joints[1:], arm.model.names[1:], strict=True):
            if not joint.shortname().startswith(TURNING) or joint.nq != 1:
                raise WmrError(f"joint {name} is a {joint.shortname()}; clearances need turning joints")
        self._data, self._shapes = arm.model.createData(), arm.shapes.copy()
        self._add_world(keep_out)
        self._pairs = self._add_pairs()
        self._here, self._there = pin.GeometryData(self._shapes), pin.GeometryData(self._shapes)
        self._inward = np.vstack([np.eye(3), -np.eye(3)])
        self._offsets = np.array([*workspace.low, *(-high for high in workspace.high)])
        carries = [self._carried_by(shape.parentJoint) for shape in self._shapes.geometryObjects]
        tip = self._carried_by(arm.model.frames[arm.frame].parentJoint)
        self._carries_a = np.array([carries[a] for a, _ in self._pairs] + [0 * tip] * 6)
        self._carries_b = np.array([carries[b] for _, b in self._pairs] + [tip] * 6)
        names = [shape.name for shape in self._shapes.geometryObjects]
        self.names: tuple[str, ...] = (
            *(f"{names[a]} and {names[b]}" for a, b in self._pairs),
            *(f"tip and the workspace's {end} {axis}" for end in ("lowest", "highest") for axis in "xyz"),
        )
        """What each row is about, (R,)."""
        self.reach = self._reach()
        """|∂h/∂q| at most, (R, nq), m/rad: how far a joint's turn can move a row's shapes."""
        self.flat = np.array([TABLE in name or name.startswith("tip") for name in self.names])
        """Rows (R,) about a plane: their h is linear in the points of the arm."""
        home = np.array(arm.robot.home)
        self._known, self._known_at = np.full(len(self.names), -np.inf), self.reach * 0 + home + 1.0
        self(home)

    def __call__(self, q: FloatArray, below: FloatArray | float = np.inf) -> FloatArray:
        """h (R,), m, at joints `q` (nq,): exact where under `below`, m, one or (R,); else a lower bound."""
        moved = np.einsum("rj,rj->r", self.reach, np.abs(q - self._known_at))
        h = self._known - moved
        pairs = len(self._pairs)
        asked = ((h < below) & (moved > 0))[:pairs].nonzero()[0]
        h[pairs:] = self._place(q)
        if len(asked):
            pin.updateGeometryPlacements(self._arm.model, self._data, self._shapes, self._here)
            found = [
                pin.computeDistance(self._shapes, self._here, row).min_distance for row in asked.tolist()
            ]
            h[asked] = self._known[asked] = np.array(found) - self._distance
            self._known_at[asked] = q
        return h

    def exact(self, q: FloatArray, rows: NDArray[np.intp] | None = None) -> FloatArray:
        """h (len(rows),), m, at joints `q` (nq,) for some rows, all if None; nothing is kept of it."""
        walls, pairs = self._place(q), len(self._pairs)
        pin.updateGeometryPlacements(self._arm.model, self._data, self._shapes, self._there)
        numbers = range(len(self.names)) if rows is None else rows.tolist()
        return np.array(
            [
                pin.computeDistance(self._shapes, self._there, row).min_distance - self._distance
                if row < pairs
                else walls[row - pairs]
                for row in numbers
            ]
        )

    def gradients(
        self, q: FloatArray, v: FloatArray, rows: NDArray[np.intp]
    ) -> tuple[FloatArray, FloatArray]:
        """∂h/∂q (len(rows), nq), m/rad, and ḧ (len(rows),), m/s², of joints that pass `q` at a constant `v`.

        Between the nearest points a and b of two shapes, ∂h/∂q = nᵀ (J_b − J_a) with n from a to b, and
        ḧ is nᵀ (b̈ − ä) of points fixed to their shapes: exact for planes, else without the turning of n.

        Args:
            q: the joints (nq,) of the last call.
            v: their velocity (nq,), rad/s.
            rows: that were exact there.
        """
        arm, data = self._arm, self._data
        pin.computeJointJacobiansTimeVariation(arm.model, data, q[arm.into_model], v[arm.into_model])
        tip = pin.updateFramePlacement(arm.model, data, arm.frame).translation
        pairs, n, a, b = len(self._pairs), [], [], []
        for row in rows.tolist():
            if row < pairs:
                found = self._here.distanceResults[row]
                n.append(found.normal)
                a.append(found.getNearestPoint1())
                b.append(found.getNearestPoint2())
            else:
                n.append(self._inward[row - pairs])
                a.append(tip)
                b.append(tip)
        normal, nearest = np.array(n), np.array([*a, *b])
        carries = np.concatenate([self._carries_a[rows], self._carries_b[rows]])
        gradient, bend = self._along(np.concatenate([-normal, normal]), nearest, carries, v[arm.into_model])
        gradient, bend = gradient.reshape(2, len(rows), -1), bend.reshape(2, len(rows))
        return (gradient[0] + gradient[1])[:, arm.order], bend[0] + bend[1]

    def _along(
        self, n: FloatArray, p: FloatArray, carries: FloatArray, v: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """How points `p` (k, 3) move along `n` (k, 3): a joint (k, nv), and their acceleration (k,).

        A point's acceleration is that of the spatial motion (J̇ v) and, for it moves, ω × ṗ.
        """
        J, dJ = self._data.J, self._data.dJ  # (6, nv), of what passes the world's origin, and its turning
        twist = (carries * v) @ J.T  # (k, 6)
        linear, turning = twist[:, :3], twist[:, 3:]
        moments = np.concatenate([n, _cross(p, n)], axis=1)
        bend = ((moments @ dJ) * carries) @ v
        bend += np.einsum("ki,ki->k", n, _cross(turning, linear + _cross(turning, p)))
        return carries * (moments @ J), bend

    def _place(self, q: FloatArray) -> FloatArray:
        """How far the tip is inside each wall (6,), m, with the arm at joints `q` (nq,)."""
        pin.forwardKinematics(self._arm.model, self._data, q[self._arm.into_model])
        tip = pin.updateFramePlacement(self._arm.model, self._data, self._arm.frame).translation
        return self._inward @ tip - self._offsets

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
        arm, names = len(self._arm.shapes.geometryObjects), [s.name for s in self._shapes.geometryObjects]
        # The first joint turns about the table's normal: what it alone carries keeps its height.
        apart = {TABLE: 1}
        pairs = [
            (a, b)
            for b in range(len(joints))
            for a in range(min(b, arm))
            if self._between(joints[a], joints[b]) > (1 if b < arm else apart.get(names[b], 0))
        ]
        for a, b in pairs:
            self._shapes.addCollisionPair(pin.CollisionPair(a, b))
        data, home = pin.GeometryData(self._shapes), np.array(self._arm.robot.home)
        pin.computeDistances(self._arm.model, self._data, self._shapes, data, home[self._arm.into_model])
        kept = [
            b >= arm or found.min_distance > self._distance
            for (_, b), found in zip(pairs, data.distanceResults, strict=True)
        ]
        pairs = [pair for pair, keep in zip(pairs, kept, strict=True) if keep]
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
        # What hangs on the world (joint 0) has no levers, and the table has no radius.
        by_end = [self._levers(s.parentJoint, _radius(s) if s.parentJoint else 0.0) for s in shapes]
        tip_levers = self._levers(tip.parentJoint, float(np.linalg.norm(tip.placement.translation)))
        rows = []
        for a, b in self._pairs:
            # A joint that carries both shapes leaves the distance between them as it is.
            rows.append(np.where((by_end[a] > 0) & (by_end[b] > 0), 0.0, by_end[a] + by_end[b]))
        rows += [tip_levers] * 6
        reach = np.array(rows)
        # The first joint turns about the table's normal: no height changes.
        reach[[TABLE in name or name.endswith(" z") for name in self.names], model.joints[1].idx_v] = 0.0
        return reach[:, self._arm.order]

    def _levers(self, joint: int, beyond: float) -> FloatArray:
        """How far from each joint's axis (nv,) anything can be that lies `beyond` m from `joint`'s origin."""
        model = self._arm.model
        levers, length = np.zeros(model.nv), beyond
        for j in reversed(model.supports[joint].tolist()[1:]):
            levers[model.joints[j].idx_v] = length
            length += float(np.linalg.norm(model.jointPlacements[j].translation))
        return levers


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """a × b (k, 3); np.cross takes five times as long."""
    return a[:, AHEAD] * b[:, BEHIND] - a[:, BEHIND] * b[:, AHEAD]


def _radius(shape: pin.GeometryObject) -> float:
    """Of a sphere about its joint's origin that holds `shape`, m."""
    shape.geometry.computeLocalAABB()
    return float(np.linalg.norm(shape.placement * shape.geometry.aabb_center)) + shape.geometry.aabb_radius
