"""MuJoCo simulation: robots as scenes, tasks, and dm_control environments."""
