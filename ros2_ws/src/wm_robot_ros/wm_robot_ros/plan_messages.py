"""Plans, signs of life and what a plan is worth → messages; needs no ROS."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import ActionChunk, Goal
from wm_robot.planners.statistics import cost_statistics
from wm_robot.planners.world_model import WorldModel
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.arm_session import Period
from wm_robot.runtime.flight_messages import CameraReport
from wm_robot_ros.ros_time import RosTime, fill


def fill_chunk(message: Any, chunk: ActionChunk, names: Sequence[str], time: RosTime, frame: str) -> None:
    """Fill an ActionChunk, whose displacements are along the axes of `frame`."""
    message.header.frame_id = frame
    fill(message.header.stamp, time.to_ros(chunk.observation_stamp_ns))
    fill(message.start, time.to_ros(chunk.start_ns))
    message.dt, message.plan_id = float(chunk.dt_s), chunk.plan_id
    message.action_names = list(names)
    message.actions = chunk.actions.ravel().tolist()  # (H · nu,)


def fill_heartbeat(
    message: Any,
    camera_age: Any,
    place: Callable[[str, int], int],
    *,
    now_ns: int,
    plan_began_ns: int,
    cameras: Sequence[CameraReport],
) -> None:
    """Fill a PlannerHeartbeat.

    Args:
        message: to fill.
        camera_age: the class CameraAge.
        place: ROS time of the thing of that name, from its steady time; the same again for the same.
        now_ns, plan_began_ns, cameras: as in PlannerReport, steady.
    """
    fill(message.header.stamp, place("heartbeat", now_ns))
    fill(message.plan_began, place("plan", plan_began_ns) if plan_began_ns else 0)
    for camera in cameras:
        age = camera_age(name=camera.name)
        fill(age.stamp, place(f"picture of {camera.name}", camera.stamp_ns))
        fill(age.changed, place(f"change of {camera.name}", camera.changed_ns))
        message.cameras.append(age)


def fill_status(message: Any, agent: LatentMPC, period: Period, time: RosTime) -> None:
    """Fill a PlannerStatus with the plan that `agent` made in `period`."""
    plan = agent.last_plan
    assert plan is not None
    fill(message.header.stamp, time.to_ros(period.observation.stamp_ns))
    message.plan_id, message.planner = period.index, agent.planning.planner
    message.backend = type(agent.backend).__name__
    message.plan_time = float(period.plan_s)
    phases = {**plan.phase_s, "rest": max(period.plan_s - sum(plan.phase_s.values()), 0.0)}
    message.phases, message.phase_times = list(phases), [float(s) for s in phases.values()]
    message.observation_age = float(period.age_s)
    message.deadline_missed, message.iterations = bool(plan.deadline_missed), plan.iterations
    statistics = cost_statistics(plan, getattr(agent.planner.options, "temperature", None))
    message.samples = statistics.samples
    message.cost_best, message.cost_elite_mean = float(statistics.best), statistics.elite_mean
    message.cost_mean, message.cost_std = statistics.mean, statistics.std
    message.cost_worst = statistics.worst
    message.effective_sample_size = statistics.effective_sample_size
    message.goal_distance, message.model_trust = agent.goal_distance(), agent.model_trust()
    message.sync_spread = float(period.spread_s)


def goal_tip(model: WorldModel, goal: Goal, p_WE: FloatArray) -> FloatArray:
    """Where a goal has the tip (3,), m, as far as the model reads it; along other axes as in `p_WE` (3,)."""
    stats = model.config.proprio
    if goal.pose is None:
        read = model.read_proprio(model.encode_goal(goal)) * stats.std + stats.mean  # (n_proprio,)
        there = dict(zip(stats.names, read, strict=True))
    else:
        there = dict(goal.pose)
    tip = np.array(p_WE, dtype=float)
    tip[["xyz".index(name[-1]) for name in there]] = list(there.values())
    return tip


def tip_paths(agent: LatentMPC, start: FloatArray, axes: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Where the chosen plan and the elites of its search would lead the tip.

    Returns:
        Positions (1 + E, 1 + H, 3), m, from `start` (3,), the chosen plan first; costs (1 + E,).
    """
    plan, space = agent.last_plan, agent.model.action_space
    assert plan is not None
    elites = plan.belief.elites
    candidates = np.concatenate([plan.actions[None], agent.planner.actions(elites)])  # (1 + E, H, nu)
    moves = np.zeros((*candidates.shape[:2], 3))
    moves[..., list(axes)] = space.clip(space.denormalize(candidates))
    paths = start + np.concatenate([np.zeros_like(moves[:, :1]), moves.cumsum(axis=1)], axis=1)
    costs = np.sort(plan.costs)[: len(elites)]
    return paths, np.concatenate([[plan.cost], costs])  # (1 + E, 1 + H, 3), (1 + E,)
