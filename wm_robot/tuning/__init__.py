"""Planning settings chosen by measurement: a study over the planner's settings, its front, its presets."""
