from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest
from wm_controllers.collision import Clearances

from wm_robot.core.errors import WmrError
from wm_robot.core.seeding import rng
from wm_robot.robots import Box

BOX = Box(low=(0.1, 0.2, 0.0), high=(0.2, 0.4, 0.1))


@pytest.fixture
def clearances(any_arm):
    return Clearances(any_arm, workspace=any_arm.robot.workspace, keep_out=(BOX,))


def poses(arm, number, spread=0.6):
    random, home = rng(5, arm.robot.name), np.array(arm.robot.home)
    for _ in range(number):
        q = home + random.uniform(-spread, spread, arm.robot.nq)
        yield q, random.uniform(-1, 1, arm.robot.nq), random


def test_gradients_are_the_derivatives_of_the_distances(any_arm, clearances):
    off, step = [], 1e-6
    smooth = np.array(["box" not in name for name in clearances.names])
    for q, v, _ in poses(any_arm, 15):
        rows = np.flatnonzero((clearances(q) > 0) & smooth)
        gradient, _ = clearances.gradients(q, v, rows)
        for j, turn in enumerate(step * np.eye(len(q))):
            slope = (clearances.exact(q + turn, rows) - clearances.exact(q - turn, rows)) / (2 * step)
            off += np.abs(slope - gradient[:, j]).tolist()
    # Where the nearest point jumps from one end of a capsule to the other there is no derivative.
    assert np.quantile(off, 0.999) < 1e-5


def test_gradients_from_a_box_are_the_derivatives_as_far_as_its_distances_are_exact(any_arm, clearances):
    off, step = [], 1e-3
    boxes = np.array(["box" in name for name in clearances.names])
    for q, v, _ in poses(any_arm, 15):
        rows = np.flatnonzero((clearances(q) > 0) & boxes)
        gradient, _ = clearances.gradients(q, v, rows)
        for j, turn in enumerate(step * np.eye(len(q))):
            slope = (clearances.exact(q + turn, rows) - clearances.exact(q - turn, rows)) / (2 * step)
            off += np.abs(slope - gradient[:, j]).tolist()
    # Distances are exact to 1e-6 m, so slopes over 2 mrad to 1e-3 m/rad; edges and corners are no derivative.
    assert np.quantile(off, 0.95) < 5e-3


def test_the_second_derivative_to_a_wall_is_that_of_the_tip(any_arm, clearances):
    rows, step = np.arange(len(clearances.names) - 6, len(clearances.names)), 1e-4
    for q, v, _ in poses(any_arm, 15):
        clearances(q)
        _, bend = clearances.gradients(q, v, rows)
        before, now, after = (clearances.exact(q + t * v, rows) for t in (-step, 0.0, step))
        # Rounding: 4 ε / step² ≈ 1e-7 m/s²; the rest is of the order step².
        np.testing.assert_allclose((before - 2 * now + after) / step**2, bend, atol=1e-5)


def test_a_clearance_not_computed_is_a_lower_bound(any_arm, clearances):
    q = np.array(any_arm.robot.home)
    lazy = 0
    # Distances to boxes are iterated to 1e-6 m, from where the last iteration ended.
    accuracy = np.array([2e-6 if "box" in name else 1e-9 for name in clearances.names])
    for _, v, random in poses(any_arm, 200):
        q = np.clip(q + 0.05 * v, any_arm.robot.lower, any_arm.robot.upper)
        below = random.uniform(0.0, 0.2)
        h, exact = clearances(q, below=below), clearances.exact(q)
        assert np.all(h <= exact + accuracy)
        asked = (exact < below) | (h < below)
        assert np.all(np.abs(h - exact)[asked] <= accuracy[asked])
        lazy += (h < exact - 1e-6).sum()
    assert lazy > 1000  # most boxes are far, and left alone


def test_no_motion_takes_more_from_a_clearance_than_its_reach(any_arm, clearances):
    for q, v, random in poses(any_arm, 100, spread=1.5):
        turn = v * random.choice([0.01, 0.1, 1.0])
        change = np.abs(clearances.exact(q + turn) - clearances.exact(q))
        # 1e-6 m is the accuracy of distances to boxes.
        assert np.all(change <= clearances.reach @ np.abs(turn) + 2e-6)


def test_joints_in_another_order_give_the_same_clearances(panda):
    n = panda.robot.nq
    turned = replace(
        panda,
        robot=replace(
            panda.robot,
            **{
                name: getattr(panda.robot, name)[::-1]
                for name in (
                    "joint_names", "lower", "upper", "max_velocity", "max_acceleration", "max_jerk", "home"
                )
            },
        ),
        order=panda.order[::-1],
        into_model=np.arange(n)[::-1],
    )  # fmt: skip
    one = Clearances(panda, workspace=panda.robot.workspace)
    other = Clearances(turned, workspace=panda.robot.workspace)
    for q, v, _ in poses(panda, 5):
        rows = np.arange(len(one.names))
        np.testing.assert_array_equal(one(q), other(q[::-1]))
        np.testing.assert_array_equal(one.reach, other.reach[:, ::-1])
        for mine, its in zip(one.gradients(q, v, rows), other.gradients(q[::-1], v[::-1], rows), strict=True):
            np.testing.assert_allclose(mine, its[:, ::-1] if its.ndim == 2 else its, atol=1e-12)


def test_somebody_else_may_use_the_arm_in_between(panda, clearances):
    mine = Clearances(panda, workspace=panda.robot.workspace)
    q, rows = np.array(panda.robot.home), np.arange(5)
    mine(q)
    before, _ = mine.gradients(q, 0 * q, rows)
    panda.place(q + 0.5)
    after, _ = mine.gradients(q, 0 * q, rows)
    np.testing.assert_array_equal(before, after)


def test_a_box_around_the_tool_is_not_taken_for_part_of_the_arm(panda):
    p = panda.place(np.array(panda.robot.home)).translation
    box = Box(low=tuple(p - 0.05), high=tuple(p + 0.05))
    clearances = Clearances(panda, workspace=panda.robot.workspace, keep_out=(box,))
    h = dict(zip(clearances.names, clearances.exact(np.array(panda.robot.home)), strict=True))
    assert h["tool and keep-out box 0"] < -0.02


def test_the_distance_to_a_wall_is_that_of_the_tip(panda, any_arm, clearances):
    q = np.array(any_arm.robot.home)
    p, room = any_arm.place(q).translation, any_arm.robot.workspace
    np.testing.assert_allclose(clearances(q)[-6:], [*(p - room.low), *(room.high - p)], atol=1e-12)
    assert clearances.names[-1] == "tip and the workspace's highest z"


def test_a_sliding_joint_is_refused(panda):
    model = pin.Model()
    model.addJoint(0, pin.JointModelPX(), pin.SE3.Identity(), "slide")
    with pytest.raises(WmrError, match="joint slide is a JointModelPX; clearances need turning joints"):
        Clearances(replace(panda, model=model), workspace=panda.robot.workspace)
