"""Costs by name."""

from wm_robot.core.registry import Registry
from wm_robot.planners.costs.cost import GoalCost

COSTS: Registry[type[GoalCost]] = Registry("cost")
COSTS.add("latent_goal", "wm_robot.planners.costs.latent_goal:LatentGoal")
COSTS.add("temporal_distance", "wm_robot.planners.costs.temporal_distance:TemporalDistance")
COSTS.add("pose", "wm_robot.planners.costs.pose:Pose")
COSTS.add("posture", "wm_robot.planners.costs.posture:Posture")
COSTS.add("smoothness", "wm_robot.planners.costs.smoothness:Smoothness")
COSTS.add("limits", "wm_robot.planners.costs.limits:Limits")
