"""A snapshot with something in every field."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from wm_robot.core.types import Goal, Observation, Score
from wm_robot.planners.planner import Belief, Plan, PlannerConfig
from wm_robot.planners.planning import PlanningConfig
from wm_robot.runtime.decision import Decision
from wm_robot.runtime.history import History
from wm_robot.runtime.watch.snapshot import ArmView, SimulationView, Snapshot

RNG = np.random.default_rng(3)


def belief() -> Belief:
    return Belief(mean=RNG.normal(size=(3, 2)), std=RNG.random((3, 2)), elites=np.empty((0, 3, 2)))


def snapshot(**changes: Any) -> Snapshot:
    planning = PlanningConfig(
        planner="mppi",
        search=PlannerConfig(horizon=5, knots=3, samples=7),
        options={"temperature": 0.1},
        costs={"pose": {"terminal": 1.0, "running": 0.0}},
        budget_s=0.05,
    )
    plan = Plan(
        actions=RNG.normal(size=(5, 2)).T.copy().T,  # not contiguous
        cost=float(np.float64(0.1) + np.float64(0.2)),
        costs=np.append(RNG.random(6), np.inf),
        iterations=4,
        deadline_missed=True,
        phase_s={"evaluate": 1e-3, "update": 2e-5},
        belief=dataclasses.replace(belief(), elites=RNG.random((2, 3, 2))),
    )
    decision = Decision(
        plan_id=12,
        seed=2**64 - 1,
        stamp_ns=5_000_000_001,
        start_ns=5_200_000_001,
        observed=RNG.random(9).astype(np.float32),
        under_way=np.empty((0, 2)),
        history=History(latents=RNG.random((2, 9)).astype(np.float32), actions=RNG.random((1, 2))),
        warm_start=None,
        planning=planning,
        plan=plan,
        encode_s=0.004,
    )
    images = {name: RNG.integers(0, 256, (4, 5, 3), np.uint8) for name in ("front", "top")}
    made = Snapshot(
        index=40,
        episode=2,
        written_s=1_790_000_000.123456,
        dt_s=0.2,
        observation=Observation(stamp_ns=5_000_000_001, images=images, proprio=RNG.random(3)),
        executed=np.array([0.1, -0.0]),
        goal=Goal(pose={"ee_x": 0.1}),
        decision=decision,
        arm=ArmView(
            joint_names=("a", "b"), q=RNG.random(2), p_WE=RNG.random(3), state="running", reasons=("speed",)
        ),
        plan_s=0.01,
        age_s=0.012,
        goal_distance=math.nan,
        model_trust=0.9,
        simulation=SimulationView(
            time_s=1.0,
            speed=0.5,
            paused=False,
            seed=2**63,
            contacts=RNG.random((2, 3)),
            objects={"puck": RNG.random(7)},
            score=Score(error=0.1, unit="m", success=False, tolerance=0.02, details={"success_2cm": 0.0}),
        ),
    )
    return dataclasses.replace(made, **changes)


@pytest.fixture
def make_snapshot():
    return snapshot


@pytest.fixture
def make_belief():
    return belief
