"""Prices for imagined futures, one a file."""

from wm_robot.planners.costs.cost import GoalContext as GoalContext
from wm_robot.planners.costs.cost import GoalCost as GoalCost
from wm_robot.planners.costs.registry import COSTS as COSTS
