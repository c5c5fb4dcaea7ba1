from dataclasses import replace

import coal
import numpy as np
import pinocchio as pin
import pytest
from wm_controllers.collision import Clearances

from wm_robot.core.errors import WmrError
from wm_robot.core.seeding import rng
from wm_robot.kernels import native

KEPT = 0.005


def poses(arm, number):
    random = rng(11, arm.robot.name)
    for _ in range(number):
        yield random.uniform(arm.robot.lower, arm.robot.upper), random.uniform(-1, 1, arm.robot.nq)


def backwards(arm):
    """The same arm with the joints of its RobotSpec in the opposite order."""
    names = "joint_names", "lower", "upper", "max_velocity", "max_acceleration", "max_jerk", "home"
    robot = replace(arm.robot, **{name: getattr(arm.robot, name)[::-1] for name in names})
    return replace(arm, robot=robot, order=arm.order[::-1], into_model=np.argsort(arm.order[::-1]))


class Axes:
    """How parallel the axes of each pair of capsules are."""

    def __init__(self, arm, names):
        self._arm, self._data, self._at = arm, arm.model.createData(), pin.GeometryData(arm.shapes)
        ends = np.array([name.split(" and ") for name in names])
        self._pairs = np.vectorize(arm.shapes.getGeometryId)(ends)
        self._length = np.array([2 * shape.geometry.halfLength for shape in arm.shapes.geometryObjects])

    def spanned(self, q):
        """The area squared (pairs,), m⁴, that the axes of a pair span."""
        q = q[self._arm.into_model]
        pin.updateGeometryPlacements(self._arm.model, self._data, self._arm.shapes, self._at, q)
        axes = np.array([at.rotation[:, 2] for at in self._at.oMg]) * self._length[:, None]
        area = np.cross(axes[self._pairs[:, 0]], axes[self._pairs[:, 1]])
        return (area**2).sum(axis=1)


@pytest.mark.parametrize("order", ["its own", "backwards"])
def test_the_closed_forms_are_what_coal_and_pinocchio_say(any_arm, order):
    arm = any_arm if order == "its own" else backwards(any_arm)
    clearances = Clearances(arm, workspace=arm.robot.workspace)
    rows = np.arange(len(clearances.names) - 6)
    capsules = np.array(["table" not in clearances.names[row] for row in rows])
    axes = Axes(arm, [clearances.names[row] for row in rows[capsules]])
    left_out = 0
    for q, v in poses(arm, 1000):
        # To coal, axes that span less than 2.2e-14 m⁴ are parallel. If they are not, it is off by 6e-6 m.
        clear = np.ones(len(rows), dtype=bool)
        spanned = axes.spanned(q)
        clear[capsules] = (spanned < 1e-22) | (spanned > 3e-14)
        left_out += (~clear).sum()
        h = clearances.by_coal.distances(q, rows.tolist()) - KEPT
        assert np.all(np.abs(clearances.exact(q, rows) - h) < np.where(clear, 1e-9, 1e-5))
        some = rows[clear]
        mine = clearances.gradients(q, v, some)
        for one, other in zip(mine, clearances.by_coal.gradients(q, v, some.tolist()), strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    assert left_out < 0.002 * 1000 * len(rows)


def test_many_poses_at_once_are_the_poses_one_by_one(panda):
    clearances = Clearances(panda, workspace=panda.robot.workspace)
    q, rows = np.array([q for q, _ in poses(panda, 20)]), np.array([7, 3, 125, 60])
    together = clearances.exact(q, rows)
    assert together.shape == (20, 4)
    np.testing.assert_array_equal(together, [clearances.exact(one)[rows] for one in q])


def test_a_shape_that_is_no_capsule_is_left_to_coal(panda):
    shapes = panda.shapes.copy()
    shapes.geometryObjects[-1].geometry = coal.Sphere(0.03)
    clearances = Clearances(replace(panda, shapes=shapes), workspace=panda.robot.workspace)
    name = shapes.geometryObjects[-1].name
    rows = np.flatnonzero([name in row for row in clearances.names])
    assert len(rows) > 10
    for q, v in poses(panda, 20):
        h = clearances.by_coal.distances(q, rows.tolist()) - KEPT
        np.testing.assert_allclose(clearances(q)[rows], h, atol=1e-12)
        np.testing.assert_allclose(clearances.exact(np.array([q, q]), rows), [h, h], atol=1e-12)
        gradient, bend = clearances.gradients(q, v, rows)
        its_gradient, its_bend = clearances.by_coal.gradients(q, v, rows.tolist())
        np.testing.assert_allclose(gradient, its_gradient, atol=1e-12)
        np.testing.assert_allclose(bend, its_bend, atol=1e-12)


def test_without_the_compiled_module_it_says_how_to_build_it(panda, monkeypatch):
    monkeypatch.setattr(native, "_native", None)
    with pytest.raises(WmrError, match=r"not built; build them with: pip install -e \."):
        Clearances(panda, workspace=panda.robot.workspace)
