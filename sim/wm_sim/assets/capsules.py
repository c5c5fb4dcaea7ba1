"""Capsules fitted to a solid: what a link looks like to a camera and to a contact."""

from dataclasses import dataclass

import mujoco
import numpy as np
from scipy.spatial import Delaunay

from wm_robot.core.arrays import FloatArray


@dataclass(frozen=True, kw_only=True)
class Capsule:
    """A segment from `start` (3,) to `end` (3,) swept by a sphere of `radius`; m, link frame."""

    start: FloatArray
    end: FloatArray
    radius: float


def sample_hull(vertices: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """`count` points (count, 3) uniform in the convex hull of `vertices` (n, 3)."""
    corners = vertices[Delaunay(vertices).simplices]  # (tetrahedra, 4, 3)
    volume = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1]))  # (tetrahedra,)
    chosen = corners[rng.choice(len(corners), size=count, p=volume / volume.sum())]  # (count, 4, 3)
    return np.einsum("ni,nij->nj", rng.dirichlet(np.ones(4), size=count), chosen)


def fit_capsules(
    points: FloatArray, count: int, rng: np.random.Generator, *, iterations: int = 30
) -> list[Capsule]:
    """`count` capsules that fill a solid given by `points` (n, 3) uniform in it, m.

    Lloyd's algorithm with segments in place of centres: give each point to the nearest segment,
    then lay each segment along the principal axis of its points, with the volume's radius.
    """
    centres = _spread(points, count, rng)
    capsules = [Capsule(start=c, end=c, radius=0.0) for c in centres]
    for _ in range(iterations):
        owner = np.argmin([_distance(points, c) for c in capsules], axis=0)
        capsules = [
            _enclose(points[owner == i]) if np.count_nonzero(owner == i) > 3 else capsule
            for i, capsule in enumerate(capsules)
        ]
    return capsules


def _spread(points: FloatArray, count: int, rng: np.random.Generator) -> list[FloatArray]:
    """Farthest-point samples: starts that do not share a cluster."""
    chosen = [points[rng.integers(len(points))]]
    for _ in range(count):
        gap = np.min([np.linalg.norm(points - c, axis=1) for c in chosen], axis=0)
        chosen.append(points[int(np.argmax(gap))])
    return chosen[1:]


def _distance(points: FloatArray, capsule: Capsule) -> FloatArray:
    axis = capsule.end - capsule.start
    along = np.clip((points - capsule.start) @ axis / max(float(axis @ axis), 1e-12), 0.0, 1.0)  # (n,)
    nearest = capsule.start + along[:, None] * axis  # (n, 3)
    return np.linalg.norm(points - nearest, axis=1) - capsule.radius


def _enclose(points: FloatArray) -> Capsule:
    centre = points.mean(axis=0)
    axis = np.linalg.svd(points - centre, full_matrices=False)[2][0]  # (3,)
    along = (points - centre) @ axis  # (n,)
    across = np.linalg.norm(points - centre - along[:, None] * axis, axis=1)  # (n,)
    radius = float(np.sqrt(2 * np.mean(across**2)))  # a disc of radius r has a mean square of r²/2
    low, high = float(along.min()) + radius, float(along.max()) - radius
    if low > high:
        low = high = (low + high) / 2
    return Capsule(start=centre + low * axis, end=centre + high * axis, radius=radius)


def add_capsule(
    body: mujoco.MjsBody, name: str, capsule: Capsule, rgba: tuple[float, float, float, float]
) -> None:
    """Give `body` a massless geom that meets the world's objects but never the arm itself."""
    end = capsule.end
    if np.linalg.norm(end - capsule.start) < 1e-4:
        end = capsule.start + np.array([0.0, 0.0, 1e-4])  # MuJoCo refuses a capsule of zero length
    body.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=[*capsule.start, *end],
        size=[capsule.radius, 0, 0],
        rgba=rgba,
        mass=0.0,
        contype=2,
        conaffinity=0,
    )
