import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wm_robot.core.errors import DatasetError
from wm_robot.data.content import data_hash
from wm_robot.data.reader import read_dataset
from wm_robot.data.repair import repair
from wm_robot.data.validate import validate

DATA = "data/chunk-000/file-000.parquet"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
VIDEOS = "videos/observation.images.front/chunk-000"


def edit_column(root: Path, path: str, key: str, change) -> None:
    """Rewrite one column of a table, its episodes' row groups kept."""
    file = pq.ParquetFile(root / path)
    groups = [file.read_row_group(g) for g in range(file.num_row_groups)]
    with pq.ParquetWriter(root / path, file.schema_arrow) as writer:
        for group in groups:
            position = group.column_names.index(key)
            field = group.schema.field(position)
            values = pa.array(change(group[key].to_pylist()), field.type)
            writer.write_table(group.set_column(position, field, values))


def flip_bytes(path: Path) -> None:
    """Damage the pictures but not the container: the middle of the file is picture data."""
    content = bytearray(path.read_bytes())
    for position in range(len(content) // 3, len(content) // 2, 7):
        content[position] ^= 0xFF
    path.write_bytes(bytes(content))


def edit_json(path: Path, change) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


DAMAGES = {
    "missing video": (lambda r: (r / VIDEOS / "file-001.mp4").unlink(), "file-001.mp4 is missing"),
    "damaged pictures": (lambda r: flip_bytes(r / VIDEOS / "file-001.mp4"), "file-001.mp4"),
    "short video": (
        lambda r: shutil.copy(r / VIDEOS / "file-002.mp4", r / VIDEOS / "file-001.mp4"),
        "has no frame within 0.0001 s of 0.4",
    ),
    "NaN": (
        lambda r: edit_column(
            r,
            DATA,
            "action",
            lambda v: [float("nan") if len(v) == 4 and i == 2 else x for i, x in enumerate(v)],
        ),
        "action holds NaN or infinity in frame 2",
    ),
    "timestamps off": (
        lambda r: edit_column(r, DATA, "timestamp", lambda v: [x * 1.01 for x in v]),
        "timestamp of frame 1 is 0.20",
    ),
    "frame indices": (
        lambda r: edit_column(r, DATA, "frame_index", lambda v: [0, *v[:-1]]),
        "frame_index of frame 1 is 0, expected 1",
    ),
    "global indices": (
        lambda r: edit_column(r, DATA, "index", lambda v: v[::-1]),
        "does not hold frames 0 to 3 in order",
    ),
    "empty cells": (
        lambda r: edit_column(r, DATA, "task_index", lambda v: [None, *v[1:]]),
        "column 'task_index' has empty cells",
    ),
    "unknown task": (
        lambda r: edit_column(r, DATA, "task_index", lambda v: [9] * len(v)),
        "task_index reaches 9, but there are 2 tasks",
    ),
    "no footer": (
        lambda r: (r / DATA).write_bytes((r / DATA).read_bytes()[:-8]),
        "no whole Parquet file",
    ),
    "no statistics": (lambda r: (r / "meta/stats.json").unlink(), "stats.json is missing"),
    "incomplete statistics": (
        lambda r: edit_json(r / "meta/stats.json", lambda c: c.pop("action")),
        "lacks action",
    ),
    "feature of another length": (
        lambda r: edit_json(r / "meta/info.json", lambda c: c["features"]["action"].update(shape=[3])),
        "holds 4 values in 4 rows, expected (4, 3)",
    ),
    "feature without a column": (
        lambda r: edit_json(
            r / "meta/info.json",
            lambda c: c["features"].update(reward={"dtype": "float32", "shape": [1], "names": None}),
        ),
        "lacks the column 'reward'",
    ),
    "pictures of another size": (
        lambda r: edit_json(
            r / "meta/info.json",
            lambda c: c["features"]["observation.images.front"].update(shape=[8, 8, 3]),
        ),
        "is (16, 24) pixels, but the dataset says (8, 8)",
    ),
    "records that skip an episode": (
        lambda r: edit_column(r, EPISODES, "episode_index", lambda v: [0, 2, 3]),
        "record 1 of meta/episodes is episode 2",
    ),
    "too many episodes": (
        lambda r: edit_json(r / "meta/info.json", lambda c: c.update(total_episodes=4)),
        "says it has 4 episodes, but meta/episodes records 3",
    ),
}


def test_a_sound_dataset_has_no_problems_and_repair_leaves_it_alone(dataset_of):
    root = dataset_of(4, 4, 2)
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    assert validate(root) == []
    result = repair(root)
    assert (result.kept, result.dropped, result.original) == (3, {}, None)
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_is_found_and_named(dataset_of, name):
    root = dataset_of(4, 4, 2)
    damage, message = DAMAGES[name]
    damage(root)
    problems = validate(root)
    assert any(p.broken and message in p.what for p in problems), problems


@pytest.mark.parametrize("name", ["missing video", "damaged pictures", "short video"])
def test_repair_drops_the_broken_episode_and_keeps_the_others(dataset_of, frames, name):
    root = dataset_of(4, 4, 2)
    DAMAGES[name][0](root)
    result = repair(root)
    assert (result.kept, list(result.dropped)) == (2, [1])
    assert result.original is not None
    assert (result.original / "meta/info.json").exists()
    assert validate(root) == []
    dataset = read_dataset(root)
    assert [record.seed for record in dataset.episodes] == [100, 102]
    for position, (seed, length) in enumerate(((0, 4), (2, 2))):
        loaded = dataset.load_episode(position)
        for key, values in frames(seed, length).items():
            np.testing.assert_array_equal(loaded[key], values)


@pytest.mark.parametrize("name", ["no statistics", "incomplete statistics"])
def test_repair_writes_statistics_again(dataset_of, name):
    root = dataset_of(4, 4, 2)
    expected, content = json.loads((root / "meta/stats.json").read_text()), data_hash(root)
    DAMAGES[name][0](root)
    assert repair(root).dropped == {}
    assert json.loads((root / "meta/stats.json").read_text()) == expected
    assert data_hash(root) == content


def test_repair_recovers_episodes_that_info_counts_but_nobody_recorded(dataset_of):
    root = dataset_of(4, 4, 2)
    DAMAGES["too many episodes"][0](root)
    result = repair(root)
    assert (result.kept, result.dropped) == (3, {3: ["its record in meta/episodes is lost"]})
    assert validate(root) == []


def test_repair_recovers_the_names_of_the_tasks(dataset_of):
    root = dataset_of(4, 4, 2)
    (root / "meta/tasks.parquet").unlink()
    assert repair(root).kept == 3
    assert read_dataset(root).tasks == ("task 0", "task 1")


def test_repair_without_a_whole_episode_changes_nothing(dataset_of):
    root = dataset_of(4)
    (root / DATA).write_bytes(b"")
    with pytest.raises(DatasetError, match="no episode of"):
        repair(root)
    assert (root / "meta/info.json").exists()
    assert [p.name for p in root.parent.iterdir()] == [root.name]


def test_leftovers_of_a_crash_are_harmless_and_repair_removes_them(dataset_of):
    root = dataset_of(4, 4, 2)
    edit_json(
        root / "meta/info.json",
        lambda c: c.update(total_episodes=2, total_frames=8, splits={"train": "0:2"}),
    )
    (root / "meta/.info.json.1.tmp").write_text("{")
    assert len(read_dataset(root).episodes) == 2
    problems = validate(root)
    assert {p.where for p in problems} == {
        "meta/stats.json",
        "meta/.info.json.1.tmp",
        f"{VIDEOS}/file-002.mp4",
        "meta/episodes",
    }
    assert not any(p.broken for p in problems)
    repair(root)
    assert validate(root) == []
    assert pq.read_table(root / DATA).num_rows == 8


@pytest.mark.real_data
def test_the_golden_dataset_is_sound_and_loses_one_broken_episode_alone(real_data, tmp_path):
    root = tmp_path / "widowx"
    shutil.copytree(real_data / "widowx_lerobot_v3", root)
    expected = read_dataset(root).load_episode(5)["observation.images.cam1"]
    assert validate(root) == []
    # Episodes share one video: the others must be cut out of it around the broken one.
    episode = iter(range(25))
    edit_column(root, DATA, "frame_index", lambda v: [0] * 10 if next(episode) == 4 else v)
    result = repair(root)
    assert (result.kept, list(result.dropped)) == (24, [4])
    dataset = read_dataset(root)
    np.testing.assert_array_equal(dataset.load_episode(4)["observation.images.cam1"], expected)
