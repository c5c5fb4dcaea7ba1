import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from wm_robot.core.errors import DatasetError, UnknownNameError
from wm_robot.data.importers.lerobot_v21 import import_lerobot_v21
from wm_robot.data.importers.mcap import import_mcap
from wm_robot.data.importers.resampled import McapConfig, _commands, _held
from wm_robot.data.importers.ros_messages import TWIST, Topic
from wm_robot.data.reader import read_dataset
from wm_robot.data.validate import validate


@pytest.fixture
def v21(dataset_of) -> Path:
    """The dataset of lengths 4 and 3 as version 2.1 stores it."""
    source = dataset_of(4, 3)
    root = source.with_name("v21")
    info = json.loads((source / "meta/info.json").read_text())
    info |= {
        "codebase_version": "v2.1",
        "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
        "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
    }
    (root / "meta").mkdir(parents=True)
    (root / "meta/info.json").write_text(json.dumps(info))
    lines = [{"episode_index": i, "tasks": [f"task {i}"], "length": n} for i, n in enumerate((4, 3))]
    (root / "meta/episodes.jsonl").write_text("\n".join(map(json.dumps, lines)))
    tasks = [{"task_index": i, "task": f"task {i}"} for i in range(2)]
    (root / "meta/tasks.jsonl").write_text("\n".join(map(json.dumps, tasks)))
    (root / "data/chunk-000").mkdir(parents=True)
    videos = root / "videos/chunk-000/observation.images.front"
    videos.mkdir(parents=True)
    rows = pq.read_table(source / "data/chunk-000/file-000.parquet")
    for i, (first, length) in enumerate(((0, 4), (4, 3))):
        pq.write_table(rows.slice(first, length), root / f"data/chunk-000/episode_{i:06d}.parquet")
        video = source / f"videos/observation.images.front/chunk-000/file-{i:03d}.mp4"
        shutil.copy(video, videos / f"episode_{i:06d}.mp4")
    return root


def test_a_v21_dataset_keeps_every_value_and_its_videos_byte_for_byte(v21, tmp_path, frames):
    assert import_lerobot_v21(v21, tmp_path / "new") == 2
    dataset = read_dataset(tmp_path / "new")
    assert validate(dataset.root) == []
    for index, length in enumerate((4, 3)):
        loaded = dataset.load_episode(index)
        for key, values in frames(index, length).items():
            np.testing.assert_array_equal(loaded[key], values)
        assert dataset.episodes[index].tasks == (f"task {index}",)
        old = v21 / f"videos/chunk-000/observation.images.front/episode_{index:06d}.mp4"
        new = dataset.root / f"videos/observation.images.front/chunk-000/file-{index:03d}.mp4"
        assert old.read_bytes() == new.read_bytes()


def test_a_broken_v21_dataset_leaves_nothing_behind(v21, tmp_path):
    (v21 / "videos/chunk-000/observation.images.front/episode_000001.mp4").unlink()
    with pytest.raises(DatasetError, match=r"episode_000001\.mp4 is missing"):
        import_lerobot_v21(v21, tmp_path / "new")
    assert not list(tmp_path.glob("*new*"))
    (v21 / "meta/tasks.jsonl").write_text("{}")
    with pytest.raises(DatasetError, match="incomplete: KeyError"):
        import_lerobot_v21(v21, tmp_path / "new")


def test_an_import_does_not_overwrite(v21, dataset_of):
    target = dataset_of(1, name="taken")
    with pytest.raises(DatasetError, match="exists already"):
        import_lerobot_v21(v21, target)
    assert len(read_dataset(target).episodes) == 1


@pytest.mark.real_data
def test_a_real_bag_holds_the_episode_that_the_dataset_holds(real_data, tmp_path):
    pytest.importorskip("mcap_ros2")
    config = McapConfig(task="put cup into sink", cameras=("/camera0/image_raw/compressed",))
    assert import_mcap(real_data / "widowx_mcap", tmp_path / "new", config).episodes == 1
    dataset = read_dataset(tmp_path / "new")
    assert (dataset.fps, dataset.tasks) == (5, ("put cup into sink",))
    assert dataset.features["observation.state"].entry_names == (
        *("x", "y", "z", "roll", "pitch", "yaw"),
        "gripper.pos",
    )
    ours = dataset.load_episode(0)
    # The bag is episode 4 of this dataset: the same numbers, through a quaternion in float64.
    theirs = read_dataset(real_data / "widowx_lerobot_v3").load_episode(4)
    np.testing.assert_allclose(ours["observation.state"], theirs["observation.state"], atol=1e-6)
    np.testing.assert_allclose(ours["action"], theirs["action"][:, :6], atol=1e-6)
    # The dataset's pictures went through AV1 at CRF 30 after the bag's JPEG.
    difference = ours["observation.images.camera0"].astype(int) - theirs["observation.images.cam0"]
    assert np.abs(difference).mean() < 8


@pytest.mark.real_data
def test_a_topic_that_the_bag_lacks_is_named_with_those_it_has(real_data, tmp_path):
    pytest.importorskip("mcap_ros2")
    with pytest.raises(UnknownNameError, match=r"'/tip'; valid: /tcp_pose"):
        import_mcap(real_data / "widowx_mcap", tmp_path / "new", McapConfig(pose="/tip"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x89MCAP0\r\n" + bytes(100), "cut off before its first whole message"),
        (b"", "cut off before its first whole message"),
        (b"a film, perhaps", "no MCAP file: .* magic"),
    ],
)
def test_a_bag_of_which_nothing_is_left_is_an_error(tmp_path, content, why):
    pytest.importorskip("mcap_ros2")
    (tmp_path / "a.mcap").write_bytes(content)
    with pytest.raises(DatasetError, match=why):
        import_mcap(tmp_path, tmp_path / "new", McapConfig())


def test_frames_hold_the_newest_message_and_actions_the_first_of_their_period():
    topic = Topic(kind=TWIST, stamps_s=[0.0, 0.35, 0.38, 1.0], values=[np.array([v]) for v in (1, 2, 3, 4)])
    ticks = np.array([0.0, 0.2, 0.4, 0.6])
    # At 0.2 s the message of 0.0 s is newest; at 0.4 and 0.6 s the one of 0.38 s.
    np.testing.assert_array_equal(_held("t", topic, ticks, 0.2)[:, 0], [1, 1, 3, 3])
    # Commands: 0.0 lies in [0, 0.2); 0.35 in [0.2, 0.4); none in the others, so 0.38 stays in force.
    np.testing.assert_array_equal(_commands(topic, ticks, 0.2)[:, 0], [1, 2, 3, 3])


def test_a_gap_in_a_topic_is_an_error_that_says_where():
    topic = Topic(kind=TWIST, stamps_s=[0.0, 1.0], values=[np.zeros(1), np.zeros(1)])
    with pytest.raises(DatasetError, match=r"cam has no message for 0\.60 s before 0\.60 s"):
        _held("cam", topic, np.array([0.0, 0.2, 0.4, 0.6]), 0.2)
