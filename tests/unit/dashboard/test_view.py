"""What feeds the panels, and that a broken one costs no other anything."""

import shutil
import sys
import time
import zlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("viser")
from viser import CameraFrustumHandle
from wm_hardware.hand_eye import HandEye
from wm_hardware.intrinsics import Intrinsics

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.core.errors import CheckpointError, FlightLogError, WmrError
from wm_robot.dashboard.camera_view import calibrated_places
from wm_robot.dashboard.fan import FanPanel
from wm_robot.dashboard.model_facts import read_model_config, workspace_of
from wm_robot.dashboard.recorded import RecordedRun, record_of, recorded_subject
from wm_robot.dashboard.scene import Scene, edges
from wm_robot.dashboard.simulation_panel import SimulationPanel
from wm_robot.dashboard.slots import Slot, build
from wm_robot.dashboard.sources import LiveSource, RecordedSource
from wm_robot.dashboard.state_panel import StatePanel, lines
from wm_robot.dashboard.study_panel import StudyPanel
from wm_robot.dashboard.views import Views
from wm_robot.insight.trust import without_gaps
from wm_robot.robots import Box
from wm_robot.runtime.watch.plan_log import PLANS, PlanLog


class Watched:
    """A watcher that has these snapshots, one a look."""

    def __init__(self, snapshots):
        self._snapshots = list(snapshots)

    def newest(self):
        return self._snapshots.pop(0) if self._snapshots else None


class Broken:
    """A panel that cannot be made."""

    title, place = "Broken", "control"

    def __init__(self, page):
        raise WmrError("no such camera")


class Failing:
    """A panel that fails when it is to show something."""

    title, place = "Failing", "control"

    def __init__(self, page):
        pass

    def show(self, view):
        raise ZeroDivisionError("<b>division</b> by zero")


def test_a_live_source_remembers_periods_and_replaces_one_that_changed(snapshots):
    source = LiveSource(Watched([snapshots[0], snapshots[1], snapshots[1]]))
    assert source.look() == ()
    seen = []
    for _ in range(4):
        source.take()
        seen.append(len(source.look()))
    assert seen == [1, 2, 2, 0]


def test_all_periods_between_two_looks_are_seen(snapshots):
    source = LiveSource(Watched(snapshots))
    for _ in snapshots:
        source.take()
    assert len(without_gaps(source.look())) == len(snapshots)


def test_a_snapshot_that_cannot_be_read_is_told_where_it_is_looked_for(snapshots, monkeypatch):
    watched = Watched(snapshots[:1])
    source = LiveSource(watched)
    source.take()

    def fail():
        raise WmrError("half a snapshot")

    monkeypatch.setattr(watched, "newest", fail)
    source.take()
    with pytest.raises(WmrError, match="half a snapshot"):
        source.look()
    assert len(source.look()) == 1


@pytest.fixture
def run(tmp_path, snapshots, page):
    log = PlanLog(tmp_path / "run" / PLANS, record_of(page.subject))
    for snapshot in snapshots:
        log.write(snapshot.encode(), snapshot.observation.stamp_ns)
    log.close()
    return tmp_path / "run"


def test_a_recorded_run_says_what_it_is_of(run, page):
    subject = recorded_subject(run, run)
    assert (subject.robot, subject.task) == ("panda", "reach")
    assert subject.checkpoint == page.subject.checkpoint.resolve()
    assert subject.title.endswith("recorded")


def test_a_recorded_run_is_looked_at_with_the_model_that_planned_it(tmp_path, run, page):
    here = page.subject.checkpoint.resolve()
    with pytest.raises(CheckpointError, match=r"another model .* --checkpoint FOLDER"):
        recorded_subject(run, run, shipped_checkpoint("push"))
    copy = shutil.copytree(here, tmp_path / "copy")
    assert recorded_subject(run, run, copy).checkpoint == copy

    def recorded_elsewhere(sha256):
        record = record_of(page.subject) | {"checkpoint": "/elsewhere/reach", "checkpoint_sha256": sha256}
        PlanLog(tmp_path / sha256 / PLANS, record).close()
        return recorded_subject(tmp_path / sha256, tmp_path).checkpoint

    assert recorded_elsewhere(record_of(page.subject)["checkpoint_sha256"]) == shipped_checkpoint("reach")
    with pytest.raises(CheckpointError, match="elsewhere/reach holds no checkpoint"):
        recorded_elsewhere("cafe")


def test_a_folder_without_a_planner_log_says_what_would_make_one(tmp_path):
    with pytest.raises(FlightLogError, match="as `wmr run`"):
        recorded_subject(tmp_path, tmp_path)


def test_a_log_of_another_kind_is_refused(tmp_path):
    PlanLog(tmp_path / PLANS, {}).close()
    with pytest.raises(FlightLogError, match="does not say its title, robot, task, checkpoint"):
        recorded_subject(tmp_path, tmp_path)


def test_a_slider_scrubs_a_recorded_run(run, page, snapshots):
    source = RecordedSource(page.gui, RecordedRun(run))
    assert [snapshot.index for snapshot in source.look()] == [0]
    assert source.look() == ()
    source._moment.value = 5
    assert [snapshot.index for snapshot in source.look()] == [0, 1, 2, 3, 4, 5]


def test_a_run_plays_as_fast_as_it_was_and_stops_at_its_end(run, page, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    source = RecordedSource(page.gui, RecordedRun(run))
    source._toggle(None)
    now[0] += 0.5  # periods of 0.2 s: the third one has been written by then
    assert source.look()[-1].index == 2
    now[0] += 60.0
    assert source.look()[-1].index == 11
    assert source._play.label == "Play"


def test_a_damaged_period_is_left_out_and_costs_no_other(run, page, monkeypatch):
    recorded = RecordedRun(run)
    packed = recorded._packed
    monkeypatch.setattr(
        recorded, "_packed", lambda index: zlib.compress(b"half") if index == 3 else packed(index)
    )
    source = RecordedSource(page.gui, recorded)
    views = Views(source)
    source._moment.value = 3
    assert not views.look(None)
    assert "cannot be shown" in views.warning()
    source._moment.value = 5
    assert views.look(None)
    assert [snapshot.index for snapshot in views.view.recent] == [0, 1, 2, 4, 5]
    assert views.warning() == ""
    source._moment.value = 3
    source._toggle(None)
    source._advance(0.0, 1e9)  # to the end, over the damaged one
    assert (source._moment.value, source._play.label) == (11, "Play")


def test_panels_that_cannot_be_made_leave_the_others_alone(page, view, monkeypatch):
    module = SimpleNamespace(Broken=Broken, StatePanel=StatePanel)
    monkeypatch.setitem(sys.modules, "panels_of_a_test", module)
    names = ("panels_of_a_test:Broken", "no_such_module:Panel", "panels_of_a_test:StatePanel")
    (slot,) = build(page, names)
    slot.show(view())
    assert slot._failing == ""


def test_a_panel_that_fails_says_so_until_it_works_again(page, view):
    message = page.gui.add_html("", visible=False)
    slot = Slot(page, Failing(page), message)
    slot.show(view())
    assert message.visible
    assert "ZeroDivisionError: &lt;b&gt;division" in message.content
    slot._panel = StatePanel(page)
    slot.show(view())
    assert not message.visible


def test_a_study_goes_on_while_the_run_rests(page):
    assert [Slot(page, kind(page)).at_rest for kind in (StudyPanel, StatePanel)] == [True, False]


@pytest.mark.parametrize("fails", ["work", "done"])
def test_a_computation_that_fails_is_told_and_the_next_one_done(page, monkeypatch, fails):
    told, done = [], []
    monkeypatch.setattr(page, "_tell", lambda client, title, text, wrong: told.append((title, text)))
    panel = Broken

    def wait(until):
        end = time.monotonic() + 10.0
        while not until() and time.monotonic() < end:
            page.catch_up()
            time.sleep(0.01)
        assert until()

    def fail(*_):
        raise WmrError("no such thing")

    page.later(panel, fail if fails == "work" else lambda: 1, fail)
    wait(lambda: told)
    assert told == [("type", "no such thing")]
    page.later(panel, lambda: 2, done.append)
    wait(lambda: done == [2])


def test_the_scene_shows_a_snapshot_without_any_browser(page, view):
    scene = Scene(page)
    scene.show(view())
    assert scene._plan.points.shape[1:] == (2, 3)


def real_arm(page, **changes):
    page.subject = replace(page.subject, task="", station="panda", **changes)
    return page


def test_a_camera_whose_place_nobody_knows_shows_its_picture_beside_the_scene(page, view, tmp_path):
    scene = Scene(real_arm(page, calibration=tmp_path))
    assert set(scene._cameras._pictures) == {"front", "top"}
    scene.show(view())
    for picture in scene._cameras._pictures.values():
        assert not isinstance(picture, CameraFrustumHandle)  # which would claim a place
        assert picture.image.std() > 0  # no blank one
        assert picture.position[0] < scene.workspace.low[0]


def test_a_calibrated_camera_stands_where_it_was_found(page, tmp_path):
    eye = HandEye(
        mount="fixed",
        p_PC=(1.0, 0.2, 0.6),
        quat_PC_wxyz=(0.5, -0.5, -0.5, 0.5),
        intrinsics=Intrinsics(width=640, height=480, fx=240.0, fy=240.0, cx=320.0, cy=240.0),
        views=15,
        worst_view=0,
        residual_px=0.1,
        residual_mm=1.0,
        residual_deg=0.1,
    )
    eye.save(tmp_path / "front.json")
    replace(eye, mount="in_hand").save(tmp_path / "top.json")  # goes with the hand
    (place,) = calibrated_places(tmp_path, ("front", "top")).values()
    assert place.fov_rad == pytest.approx(np.pi / 2)  # 240 pixels from the middle, at a focal length of 240
    front = Scene(real_arm(page, calibration=tmp_path))._cameras._pictures["front"]
    assert isinstance(front, CameraFrustumHandle)
    np.testing.assert_allclose(front.position, eye.p_PC)


def test_the_workspace_in_force_is_shown_and_kept_with_a_run(page, tmp_path):
    room, wall = Box(low=(0.1, -0.1, 0.0), high=(0.3, 0.1, 0.2)), Box(low=(1, 1, 1), high=(2, 2, 2))
    subject = replace(real_arm(page).subject, workspace=room, keep_out=(wall,))
    assert workspace_of(subject) == room
    PlanLog(tmp_path / PLANS, record_of(subject)).close()
    again = recorded_subject(tmp_path, tmp_path)
    assert (workspace_of(again), again.keep_out) == (room, (wall,))


def test_an_object_that_nobody_knows_the_place_of_is_not_drawn(page, view):
    page.subject = replace(page.subject, task="push")
    scene, shown = Scene(page), view()
    puck = scene._robot._frames[scene._robot._free["puck"]]
    pose = np.array([0.5, 0.1, 0.02, 1.0, 0.0, 0.0, 0.0])
    seen = replace(shown.snapshot, simulation=replace(shown.snapshot.simulation, objects={"puck": pose}))
    scene.show(replace(shown, snapshot=seen))
    assert puck.visible
    np.testing.assert_allclose(puck.position, pose[:3])
    scene.show(replace(shown, snapshot=replace(shown.snapshot, simulation=None)))
    assert not puck.visible


def test_a_latched_arm_has_no_plan_in_the_scene(page, view):
    scene, shown = Scene(page), view()
    scene.show(shown)
    scene.show(replace(shown, snapshot=replace(shown.snapshot, decision=None)))
    assert not scene._plan.visible
    scene.show(shown)
    assert scene._plan.visible


def test_a_latched_arm_has_no_candidates_in_the_scene(page, view, settle):
    panel, shown = FanPanel(page), view()
    panel.show(shown)
    settle(panel._analysis)
    assert tuple(lines.visible for lines in panel._drawn.values()) == (True, True)
    assert "Plan 11, period 11" in panel._told.content
    latched = replace(shown, snapshot=replace(shown.snapshot, decision=None))
    panel.show(shown)  # is being computed when the arm is latched
    panel.show(latched)
    settle(panel._analysis)
    assert tuple(lines.visible for lines in panel._drawn.values()) == (False, False)


def test_what_is_drawn_of_the_candidates_is_chosen_in_a_pause_too(page, view, settle):
    panel = FanPanel(page)
    panel.show(view())
    settle(panel._analysis)
    panel._elites_shown.value = False
    settle(panel._analysis)
    assert tuple(lines.visible for lines in panel._drawn.values()) == (True, False)


def test_a_box_has_twelve_edges_of_its_own_lengths():
    lengths = np.linalg.norm(np.diff(edges(Box(low=(0, 0, 0), high=(1, 2, 3))), axis=1)[:, 0], axis=1)
    assert sorted(lengths) == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]


def test_a_checkpoint_that_is_none_is_refused_by_its_folder(tmp_path):
    with pytest.raises(CheckpointError, match=str(tmp_path)):
        read_model_config(tmp_path)
    (tmp_path / "config.json").write_text('{"robot": "panda"}')
    with pytest.raises(CheckpointError, match="lacks fields"):
        read_model_config(tmp_path)


def test_the_numbers_have_units(snapshots):
    shown = dict(lines(snapshots[-1]))
    assert shown["tip"].endswith(" mm")
    assert shown["decision"].endswith(" ms")
    assert shown["true distance to the goal"].endswith(" mm, reached")
    assert dict(lines(snapshots[0]))["trust in the model"] == "–"  # nothing was predicted yet
    worse = dict(lines(replace(snapshots[0], model_trust=-3.1)))  # than to predict that nothing changes
    assert worse["trust in the model"] == "below 0 of 1"


def test_only_a_simulation_in_simulated_time_is_paused(page, view):
    panel = SimulationPanel(page)  # of a subject without a watch
    panel.show(view())
    assert "Nothing to control here" in panel._told.content
