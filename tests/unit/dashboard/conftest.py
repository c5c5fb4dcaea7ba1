"""A page of viser without a browser, and snapshots of a simulated arm to show in it."""

import shutil
import ssl
import subprocess
import time
from collections import deque
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.evaluation.episodes import load_model, make_environment
from wm_robot.kernels.native import NativeBackend, is_available
from wm_robot.planners.planning import planning_from_json
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.watch.snapshot import ArmView, SimulationView, Snapshot

TASK = "reach"
COMMANDER = SimpleNamespace(client_id=7)
"""Caused by someone with the token."""

VIEWER = SimpleNamespace(client_id=8)
"""Caused by someone without."""


class Planner:
    """Hears what a page asks."""

    def __init__(self):
        self.asked = []

    def ask(self, request):
        self.asked.append(request)
        return len(self.asked)

    def answers(self):
        return []


@pytest.fixture(scope="session")
def mind():
    if not is_available():
        pytest.skip("the compiled module is not built")
    from wm_robot.dashboard.panel import Mind

    model = load_model(str(shipped_checkpoint(TASK)))
    return Mind(model=model, backend=NativeBackend(model.predictor_arrays(), threads=1))


@pytest.fixture(scope="session")
def snapshots(mind):
    """Twelve control periods."""
    environment = make_environment(TASK, mind.model)
    planning = planning_from_json(mind.model.config.planning)
    agent = LatentMPC(mind.model, planning, backend=mind.backend)
    observation, executed, seen = environment.reset(3), None, []
    goal = environment.goal()
    agent.reset(goal, 3)
    for k in range(12):
        agent.observe(observation, executed)
        result = environment.step(agent.plan().actions[0])
        seen.append(
            Snapshot(
                index=k,
                episode=0,
                written_s=0.2 * k,
                dt_s=0.2,
                observation=observation,
                executed=result.executed,
                goal=goal,
                decision=agent.last_decision,
                arm=ArmView(joint_names=(), q=np.empty(0), p_WE=np.array([0.5, 0.0, 0.2]), state="running"),
                plan_s=0.1,
                age_s=0.12,
                goal_distance=agent.goal_distance(),
                model_trust=agent.model_trust(),
                simulation=SimulationView(
                    time_s=0.2 * k,
                    speed=1.0,
                    paused=False,
                    seed=3,
                    contacts=np.empty((0, 3)),
                    score=environment.score(),
                ),
            )
        )
        observation, executed = result.observation, result.executed
    environment.close()
    return seen


@pytest.fixture(scope="session")
def server():
    viser = pytest.importorskip("viser")
    server = viser.ViserServer(host="127.0.0.1", port=8300, verbose=False)
    yield server
    server.stop()


@pytest.fixture
def page(server, tmp_path, monkeypatch):
    """With `told`, what it told whom, and `planner`, whom it asks; client 7 has the token."""
    from wm_robot.dashboard.page import Page
    from wm_robot.dashboard.subject import Subject

    server.gui.reset()
    monkeypatch.setattr("wm_robot.dashboard.analysis.REST_S", 0.0)
    subject = Subject(
        title="test",
        checkpoint=shipped_checkpoint(TASK),
        robot="panda",
        task=TASK,
        presets=tmp_path / "presets",
    )
    planner = Planner()
    page = Page(server, subject, "token", planner)
    page.planner, page.told = planner, []
    page.authorised = lambda client_id: client_id == COMMANDER.client_id
    page.who = lambda event: f"client {event.client_id}"
    page.tell = page._tell = lambda whom, title, text, wrong=False: page.told.append((title, text))
    return page


@pytest.fixture
def staging(page):
    from wm_robot.dashboard.staging import Staging

    return Staging.of(page)


@pytest.fixture
def view(snapshots, mind):
    """A view of the first snapshots, all by default."""
    from wm_robot.dashboard.panel import View

    def make(count=None, **changes):
        recent = deque(snapshots[:count])
        return View(**{"snapshot": recent[-1], "recent": tuple(recent), "mind": mind} | changes)

    return make


@pytest.fixture
def pursued(view):
    """A function that makes the view of a goal."""

    def make(goal):
        shown = view(1)
        return replace(shown, snapshot=replace(shown.snapshot, goal=goal))

    return make


@pytest.fixture
def settle(page):
    """A function that waits for what an analysis still does."""

    def wait(analysis):
        until = time.monotonic() + 60
        while analysis.busy and time.monotonic() < until:
            page.catch_up()
            time.sleep(0.01)
        page.catch_up()
        assert not analysis.busy, page.told

    return wait


def click(button, event=COMMANDER):
    """What viser does when `button` is clicked by whoever `event` says."""
    for callback in button._impl.update_cb:
        callback(event)


@pytest.fixture
def certificate(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture
def trusting():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
