"""Control periods of a point mass, watched; its world model is exact."""

import numpy as np
import pytest

from wm_robot.core.types import Goal
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.watch.snapshot import ArmView, Snapshot

PLANNING = PlanningConfig(
    search=PlannerConfig(horizon=3, samples=64, iterations=4),
    costs={"latent_goal": {"metric": "flat"}, "smoothness": {"weight": 0.01}},
)


def snapshot(index, decision, observation, executed, goal, *, episode=0):
    arm = ArmView(joint_names=(), q=np.empty(0), p_WE=np.array([0.0, 0.0, 0.3]), state="running")
    return Snapshot(
        index=index,
        episode=episode,
        written_s=0.1 * index,
        dt_s=0.1,
        observation=observation,
        executed=np.asarray(executed, float),
        goal=goal,
        decision=decision,
        arm=arm,
        plan_s=0.01,
        age_s=0.01,
        goal_distance=0.0,
        model_trust=1.0,
    )


@pytest.fixture
def drive(point_mass, point_mass_model, point_mass_backend):
    """A function of a number of periods and how the mass answers actions: its snapshots."""

    def run(periods, planning=PLANNING, answer=lambda action: action, goal=(0.3, 0.2)):
        agent = LatentMPC(point_mass_model, planning, backend=point_mass_backend)
        goal = Goal(latent=np.array(goal))
        agent.reset(goal, seed=5)
        observation, executed, seen = point_mass.reset(1), None, []
        for k in range(periods):
            agent.observe(observation, executed)
            action = agent.plan().actions[0]
            executed = point_mass.action_space.clip(action)
            seen.append(snapshot(k, agent.last_decision, observation, executed, goal))
            observation = point_mass.step(answer(executed)).observation
        return seen

    return run
