"""The dashboard of a planner in ROS 2."""

from dataclasses import replace
from urllib.request import urlopen

import pytest
from counterpart import PATIENCE_S
from lifecycle_msgs.msg import Transition

from wm_robot.runtime.watch.requests import Tune
from wm_robot.runtime.watch.watcher import Watcher

from .conftest import QUICK, Stage

PAGE_PORT = 8471


def test_a_setting_that_is_changed_on_the_page_is_a_parameter(tmp_path, monkeypatch):
    pytest.importorskip("viser", reason="needs the extra `dashboard`")
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where the page and the planner meet
    stage = Stage(tmp_path / "node.log")
    try:
        stage.start("robot:=panda", "checkpoint:=reach", f"dashboard_port:={PAGE_PORT}", *QUICK)
        assert stage.change(Transition.TRANSITION_CONFIGURE), stage.output
        assert stage.change(Transition.TRANSITION_ACTIVATE), stage.output
        assert f"dashboard: http://127.0.0.1:{PAGE_PORT}/?token=" in stage.output
        with urlopen(f"http://127.0.0.1:{PAGE_PORT}/", timeout=PATIENCE_S) as page:
            assert page.status == 200
        (folder,) = tmp_path.glob("wmr-watch-*")
        watcher = Watcher(folder)
        handle = stage.pursue()
        planning = stage.wait(watcher.newest).decision.planning
        assert planning.search.samples == 16
        watcher.ask(Tune(planning=replace(planning, search=replace(planning.search, samples=32))))
        stage.wait(lambda: stage.plans[-1].samples == 32)
        assert "parameter samples: 16 → 32" in stage.output
        stage.cancel(handle)
    finally:
        stage.close()
