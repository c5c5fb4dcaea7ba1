"""All panels, by the place of their tab and in its order."""

PANELS = (
    "wm_robot.dashboard.state_panel:StatePanel",
    "wm_robot.dashboard.goal_panel:GoalPanel",
    "wm_robot.dashboard.simulation_panel:SimulationPanel",
    "wm_robot.dashboard.fan:FanPanel",
    "wm_robot.dashboard.planner_panel:PlannerPanel",
    "wm_robot.dashboard.tuning_panel:TuningPanel",
    "wm_robot.dashboard.what_if_panel:WhatIfPanel",
    "wm_robot.dashboard.imagination_panel:ImaginationPanel",
    "wm_robot.dashboard.cost_panel:CostPanel",
    "wm_robot.dashboard.time_panel:TimePanel",
    "wm_robot.dashboard.study_panel:StudyPanel",
)
"""As module:class; a panel whose module cannot be imported leaves a message in its place."""
