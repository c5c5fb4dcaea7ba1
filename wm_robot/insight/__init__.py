"""Looks at decisions beside the controller that made them: a plan is a function of its inputs."""
