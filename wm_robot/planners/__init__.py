"""Sampling planners over latent rollouts."""

from wm_robot.planners.planner import Belief as Belief
from wm_robot.planners.planner import Plan as Plan
from wm_robot.planners.planner import PlannerConfig as PlannerConfig
from wm_robot.planners.planner import SamplingPlanner as SamplingPlanner
from wm_robot.planners.planning import PlanningConfig as PlanningConfig
from wm_robot.planners.planning import planning_from_json as planning_from_json
from wm_robot.planners.registry import PLANNERS as PLANNERS
from wm_robot.planners.registry import make_planner as make_planner
