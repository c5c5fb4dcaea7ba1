"""What people ask of a planner beside its settings, in words for the audit log."""

from wm_robot.core.types import Goal
from wm_robot.runtime.watch.requests import Aim, Push, Request, Restart, Tune

SETTINGS = "settings"


def deed(request: Request) -> tuple[str, str]:
    """What is asked for, and how, in words; ("", "") for the pace of simulated time."""
    if isinstance(request, Tune):
        return SETTINGS, ""
    if isinstance(request, Aim):
        return "goal", "the episode's own" if request.goal is None else goal_in_words(request.goal)
    if isinstance(request, Push):
        velocity = ", ".join(f"{v:.2f}" for v in request.velocity)
        return "push", f"{request.name}, ({velocity}) m/s"
    if isinstance(request, Restart):
        return "episode", "the next" if request.seed is None else f"seed {request.seed}"
    return "", ""


def goal_in_words(goal: Goal) -> str:
    """What a goal is, for people."""
    if goal.nothing:
        return "nothing; the arm holds still until a goal is chosen"
    if goal.pose is not None:
        return ", ".join(f"{name} = {value:.3f} m" for name, value in goal.pose.items())
    return "what the right picture of each camera shows" if goal.images is not None else "a latent"
