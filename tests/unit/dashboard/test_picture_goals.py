"""A recorded frame is seen before it is pursued."""

from types import SimpleNamespace

import numpy as np
import pytest

from wm_robot.data.reader import read_dataset
from wm_robot.runtime.recorder import EpisodeRecorder

pytest.importorskip("viser")
from wm_robot.dashboard.picture_goals import PictureGoals


@pytest.fixture
def dataset(tmp_path, mind, snapshots):
    """Of one episode of twelve frames."""
    model = mind.model
    named = SimpleNamespace(
        name="reach",
        robot_name="panda",
        action_space=model.action_space,
        observation_space=model.observation_space,
    )
    with EpisodeRecorder(tmp_path / "dataset", named) as recorder:
        for snapshot in snapshots:
            recorder.add(snapshot.observation, snapshot.executed)
        recorder.save(seed=3)
    return tmp_path / "dataset"


def test_a_recorded_frame_is_seen_before_it_is_pursued(page, dataset, settle):
    goals = PictureGoals(page)
    assert not any(shown.visible for shown in goals._preview.values())
    goals._dataset.value, goals._frame.value = str(dataset), 7
    settle(goals._previews)
    frame = read_dataset(dataset).load_frame(0, 7)
    for name, shown in goals._preview.items():
        assert shown.visible
        picture = frame[f"observation.images.{name}"]
        times = shown.image.shape[0] // picture.shape[0]  # enlarged by whole pixels
        np.testing.assert_array_equal(shown.image[::times, ::times], picture)
    assert page.planner.asked == []


def test_a_frame_that_is_not_there_says_which_are(page, dataset, settle):
    goals = PictureGoals(page)
    goals._dataset.value, goals._frame.value = str(dataset), 12
    settle(goals._previews)
    assert "valid: 0 to 11" in goals._found.content
    assert not any(shown.visible for shown in goals._preview.values())
