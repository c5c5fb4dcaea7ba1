"""The page beside a planner node: one count of periods, and nothing claimed of the arm between two goals."""

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
from wm_robot_ros import planner_page
from wm_robot_ros.planner_page import PlannerPage, presets_folder

from wm_robot.core.types import Goal, Observation
from wm_robot.dashboard.shell import stops_of
from wm_robot.planners import PlannerConfig, PlanningConfig
from wm_robot.robots import Box
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.arm_session import Period
from wm_robot.runtime.watch.requests import Aim, Tune
from wm_robot.runtime.watch.watcher import Watcher

GOAL = Goal(latent=np.array([0.05, -0.02]))
RUNNING = SimpleNamespace(
    state="running", faults=(), reasons=("speed",), q=np.zeros(7), p_WE=np.array([0.3, 0.0, 0.1])
)
WORKSPACE = Box(low=(0.3, -0.2, 0.0), high=(0.6, 0.2, 0.3))
KEEP_OUT = Box(low=(0.5, 0.1, 0.0), high=(0.6, 0.2, 0.4))


@pytest.fixture
def parameters():
    """The planner's settings, the newest one last."""
    return [PlanningConfig()]


@pytest.fixture
def page(tmp_path, monkeypatch, parameters):
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "ros"))
    monkeypatch.setattr(planner_page, "dashboard", lambda subject, address: nullcontext())
    page = PlannerPage(
        tmp_path,
        robot="panda",
        station="panda",
        port=1,
        order=lambda name: f"{name} done",
        planning=lambda: parameters[-1],
        tune=parameters.append,
        workspace=WORKSPACE,
        keep_out=(KEEP_OUT,),
    )
    yield page
    page.close()


@pytest.fixture
def agent(point_mass_model, point_mass_backend):
    costs = {"latent_goal": {"metric": "flat"}}
    planning = PlanningConfig(search=PlannerConfig(horizon=3, samples=16, iterations=2), costs=costs)
    return LatentMPC(point_mass_model, planning, backend=point_mass_backend)


def test_the_page_draws_the_limits_of_the_cell(page):
    assert page.subject.workspace == WORKSPACE
    assert page.subject.keep_out == (KEEP_OUT,)


def test_a_stop_of_the_page_reaches_a_safety_controller_that_this_machines_latch_does_not(
    page, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    arm = stops_of(page.subject)
    assert arm.stop() == "stopped by way of the planner: estop done"
    assert arm.release() == "reset done"


def pursue(page, agent, seed):
    """One period towards a goal."""
    agent.reset(GOAL, seed)
    told = page.begin(agent, GOAL)
    observation = Observation(stamp_ns=1, images={"top": np.zeros((8, 8, 3), np.uint8)}, proprio=np.zeros(2))
    agent.act(observation, None)
    told(
        Period(
            index=0,
            observation=observation,
            executed=np.zeros(2),
            status=RUNNING,
            plan_s=0.01,
            age_s=0.03,
            spread_s=0.0,
        )
    )


def test_nobody_takes_a_goal_from_under_the_client_that_waits_for_it(page, agent):
    watcher = Watcher(page._watch.folder)
    watcher.ask(Aim(goal=Goal(latent=np.zeros(2))))
    pursue(page, agent, 0)
    (answer,) = watcher.answers()
    assert "reach_goal_image" in answer.error
    assert watcher.newest().goal.latent.tolist() == GOAL.latent.tolist()


def test_settings_change_before_any_goal(page, parameters):
    watcher, quick = Watcher(page._watch.folder), PlanningConfig(budget_s=0.01)
    assert page.subject.planning == parameters[0]
    watcher.ask(Tune(planning=quick))
    page.attend("inactive")
    assert parameters[-1] == quick
    assert [answer.error for answer in watcher.answers()] == [""]


def test_a_parameter_that_was_changed_elsewhere_is_not_taken_back_by_a_page_that_does_not_know(
    page, parameters
):
    watcher = Watcher(page._watch.folder)
    parameters.append(PlanningConfig(budget_s=0.02))
    watcher.ask(Tune(planning=PlanningConfig(budget_s=0.01)))
    page.attend("inactive")
    (answer,) = watcher.answers()
    assert "changed elsewhere" in answer.error
    assert parameters[-1].budget_s == 0.02


def test_presets_are_kept_where_ros_keeps_its_files(page, tmp_path, monkeypatch):
    assert page.subject.presets == tmp_path / "ros" / "wm_robot" / "presets"
    monkeypatch.delenv("ROS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert presets_folder() == tmp_path / ".ros" / "wm_robot" / "presets"


def test_between_two_goals_nothing_runs(page, agent):
    watcher = Watcher(page._watch.folder)
    pursue(page, agent, 0)
    assert watcher.newest().arm.state == "running"
    page.end()
    idle = watcher.newest()
    assert (idle.arm.state, idle.arm.reasons, idle.decision) == ("waiting for a goal", (), None)
    pursue(page, agent, 0)  # equal seeds must not look like the same decision
    again = watcher.newest()
    assert (again.index, again.episode) == (1, 1)
