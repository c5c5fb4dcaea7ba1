"""How far an arm is from itself, the table, keep-out boxes and the walls of its workspace."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import coal
import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from wm_controllers.coal_distances import CoalDistances
from wm_controllers.kinematics import Arm, turning_joints
from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.kernels.native import native_module
from wm_robot.robots import Box

if TYPE_CHECKING:
    from wm_robot.kernels._native import CapsuleDistances

TABLE = "table"

TURNING = "JointModelR"
"""How pinocchio calls joints that turn about an axis."""

UP = (0.0, 0.0, 1.0)


class Clearances:
    """Distances h (R,), m, that must stay positive, and their gradients over the joints.

    A row is a pair of shapes that must not meet, less the distance it must keep, or a wall of the box that
    the tool's tip must not leave. Shapes are the arm's capsules, the table (the half space z < 0) and the
    keep-out boxes. Shapes of one joint or of neighbouring joints may touch, and so may two of the arm's own
    that are nearer than `distance_m` at the home pose; what is fixed to the world may touch the table.

    Distances between capsules, and of capsules from planes, are closed forms in C++. Those of any other
    shape, such as a keep-out box, are for coal, which takes far longer: it is asked where it may matter, and
    elsewhere h is a lower bound, out of the distance last computed and of how far the joints can have moved
    the shapes since.

    Args:
        arm: kinematics and shapes; its scratch memory is left alone.
        workspace: that the tip p_WE must not leave, m.
        keep_out: boxes in the world that no part of the arm may enter, m.
        distance_m: that every pair must keep.

    Raises:
        WmrError: a joint that does not turn: what it can move would not be bounded by levers; or the compiled
            kernels are not built.

    Not thread-safe.
    """

    def __init__(
        self, arm: Arm, *, workspace: Box, keep_out: Sequence[Box] = (), distance_m: float = 0.005
    ) -> None:
        self._arm, self._distance = arm, distance_m
        for joint, name in zip(arm.model.joints[1:], arm.model.names[1:], strict=True):
            if not joint.shortname().startswith(TURNING) or joint.nq != 1:
                raise WmrError(f"joint {name} is a {joint.shortname()}; clearances need turning joints")
        self._shapes = arm.shapes.copy()
        self._add_world(keep_out)
        self._pairs = self._add_pairs()
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
        self._capsules, other = self._closed_forms(workspace)
        self.by_coal = CoalDistances(arm, self._shapes)
        """All pairs as the rows are numbered: the reference, and where rows without a closed form go."""
        self._all, self._other = np.arange(len(self.names)), np.array(other, dtype=np.intp)
        self._is_other = np.isin(self._all, self._other)
        self._known, self._known_at = np.full(len(other), -np.inf), np.zeros((len(other), arm.robot.nq))

    def __call__(self, q: FloatArray, below: FloatArray | float = np.inf) -> FloatArray:
        """h (R,), m, at joints `q` (nq,): exact where under `below`, m, one or (R,); else a lower bound."""
        h = self._capsules.distances(q, self._all)
        if len(self._other):
            h[self._other] = self._bounded(q, np.broadcast_to(below, h.shape)[self._other])
        return h

    def exact(self, q: FloatArray, rows: NDArray[np.intp] | None = None) -> FloatArray:
        """h (..., len(rows)), m, at joints `q` (..., nq) of some rows, or all; nothing is kept of it."""
        rows = self._all if rows is None else rows
        h, other = self._capsules.distances(q, rows), self._is_other[rows]
        if other.any():
            for at in np.ndindex(q.shape[:-1]):
                h[(*at, other)] = self._by_coal(q[at], rows[other])
        return h

    def gradients(
        self, q: FloatArray, v: FloatArray, rows: NDArray[np.intp]
    ) -> tuple[FloatArray, FloatArray]:
        """∂h/∂q (len(rows), nq), m/rad, and ḧ (len(rows),), m/s², of joints that pass `q` at a constant `v`.

        Between the nearest points a and b of two shapes, ∂h/∂q = nᵀ (J_b − J_a) with n from a to b, and
        ḧ is nᵀ (b̈ − ä) of points fixed to their shapes: exact for a point and a plane, else without the
        turning of n and the rolling of round surfaces.
        """
        gradient, bend = self._capsules.gradients(q, v, rows)
        other = self._is_other[rows]
        if other.any():
            gradient[other], bend[other] = self.by_coal.gradients(q, v, rows[other].tolist())
        return gradient, bend

    def _bounded(self, q: FloatArray, below: FloatArray) -> FloatArray:
        """h of coal's rows: exact where under `below`, m, else a lower bound."""
        moved = np.einsum("rj,rj->r", self.reach[self._other], np.abs(q - self._known_at))
        h = self._known - moved
        asked = (h < below) & ((moved > 0) | np.isinf(h))
        if asked.any():
            h[asked] = self._known[asked] = self._by_coal(q, self._other[asked])
            self._known_at[asked] = q
        return h

    def _by_coal(self, q: FloatArray, rows: NDArray[np.intp]) -> FloatArray:
        return self.by_coal.distances(q, rows.tolist()) - self._distance

    def _closed_forms(self, workspace: Box) -> "tuple[CapsuleDistances, list[int]]":
        """The rows in C++, and the numbers of those for which there is no closed form."""
        model = self._arm.model
        closed: CapsuleDistances = native_module().CapsuleDistances(self._arm.robot.nq)
        for joint in turning_joints(self._arm):
            closed.add_joint(*joint)
        number: dict[int, int] = {}
        for i, shape in enumerate(self._shapes.geometryObjects):
            if isinstance(shape.geometry, coal.Capsule):
                half = shape.geometry.halfLength * shape.placement.rotation[:, 2]
                middle = shape.placement.translation
                number[i] = len(number)
                closed.add_capsule(
                    shape.parentJoint - 1, np.array([middle - half, middle + half]), shape.geometry.radius
                )
        other: list[int] = []
        for row, (a, b) in enumerate(self._pairs):
            if a in number and b in number:
                closed.add_pair(number[a], number[b], self._distance)
            elif a in number and self._shapes.geometryObjects[b].name == TABLE:
                closed.add_plane(number[a], UP, 0.0, self._distance)
            else:
                closed.add_other()
                other.append(row)
        tip = model.frames[self._arm.frame]
        closed.add_capsule(tip.parentJoint - 1, np.array([tip.placement.translation] * 2), 0.0)
        for side, corner in ((1.0, workspace.low), (-1.0, workspace.high)):
            for inward, offset in zip(side * np.eye(3), side * np.array(corner), strict=True):
                closed.add_plane(len(number), inward, float(offset), 0.0)
        return closed, other

    def _add_world(self, keep_out: Sequence[Box]) -> None:
        below = coal.Halfspace(np.array(UP), 0.0)
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
        model, found = self._arm.model, pin.GeometryData(self._shapes)
        home = np.array(self._arm.robot.home)[self._arm.into_model]
        pin.computeDistances(model, model.createData(), self._shapes, found, home)
        kept = [
            b >= arm or at_home.min_distance > self._distance
            for (_, b), at_home in zip(pairs, found.distanceResults, strict=True)
        ]
        pairs = [pair for pair, keep in zip(pairs, kept, strict=True) if keep]
        self._shapes.removeAllCollisionPairs()
        for a, b in pairs:
            self._shapes.addCollisionPair(pin.CollisionPair(a, b))
        return pairs

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


def _radius(shape: pin.GeometryObject) -> float:
    """Of a sphere about its joint's origin that holds `shape`, m."""
    shape.geometry.computeLocalAABB()
    return float(np.linalg.norm(shape.placement * shape.geometry.aabb_center)) + shape.geometry.aabb_radius
