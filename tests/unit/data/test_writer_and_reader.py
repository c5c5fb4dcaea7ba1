import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from wm_robot.core.errors import DatasetError, NotFiniteError, ShapeError, UnknownNameError
from wm_robot.data.episode import encode_episode
from wm_robot.data.features import Feature, vector
from wm_robot.data.reader import read_dataset
from wm_robot.data.shard import EPISODES_PER_FILE
from wm_robot.data.writer import DatasetWriter


def test_what_was_written_is_read_back_bit_for_bit(dataset_of, frames):
    dataset = read_dataset(dataset_of(4, 7))
    for index, length in enumerate((4, 7)):
        loaded = dataset.load_episode(index)
        for key, values in frames(index, length).items():
            np.testing.assert_array_equal(loaded[key], values, err_msg=key)


def test_index_columns_count_as_the_format_says(dataset_of):
    loaded = read_dataset(dataset_of(4, 3)).load_episode(1)
    # Second episode of lengths 4 and 3: global rows 4, 5, 6; time restarts at 0 with 1 / 5 s steps.
    np.testing.assert_array_equal(loaded["index"], [4, 5, 6])
    np.testing.assert_array_equal(loaded["frame_index"], [0, 1, 2])
    np.testing.assert_array_equal(loaded["episode_index"], [1, 1, 1])
    np.testing.assert_array_equal(loaded["task_index"], [1, 1, 1])
    np.testing.assert_allclose(loaded["timestamp"], [0.0, 0.2, 0.4], rtol=1e-7)


def test_load_all_puts_the_episodes_one_after_the_other(dataset_of):
    dataset = read_dataset(dataset_of(4, 2, 3))
    everything = dataset.load_all(workers=3)
    for record in dataset.episodes:
        rows = slice(record.first_frame, record.first_frame + record.length)
        for key, values in dataset.load_episode(record.index).items():
            np.testing.assert_array_equal(everything[key][rows], values, err_msg=key)


def test_a_single_frame_is_the_episode_at_that_row(dataset_of):
    dataset = read_dataset(dataset_of(3, 25))  # 25 frames are more than two groups of pictures
    episode = dataset.load_episode(1)
    for t in (0, 9, 10, 24):
        for key, value in dataset.load_frame(1, t).items():
            np.testing.assert_array_equal(value, episode[key][t], err_msg=f"{key} at {t}")


def test_files_follow_the_v3_layout(dataset_of):
    root = dataset_of(4, 3)
    info = json.loads((root / "meta/info.json").read_text())
    assert info["codebase_version"] == "v3.0"
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (2, 7, 2)
    assert info["splits"] == {"train": "0:2"}
    video = info["features"]["observation.images.front"]["info"]
    assert (video["video.codec"], video["video.height"], video["video.width"]) == ("h264", 16, 24)

    table = pq.ParquetFile(root / "data/chunk-000/file-000.parquet")
    assert [table.metadata.row_group(g).num_rows for g in range(table.num_row_groups)] == [4, 3]
    assert "observation.images.front" not in table.schema_arrow.names
    described = json.loads(table.schema_arrow.metadata[b"huggingface"])["info"]["features"]
    assert described["observation.state"]["length"] == 2

    episodes = pq.read_table(root / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    assert [(e["dataset_from_index"], e["dataset_to_index"]) for e in episodes] == [(0, 4), (4, 7)]
    # Every episode has a video file of its own: 3 frames at 5 Hz span 0 to 0.6 s of file 1.
    span = {k.rsplit("/", 1)[1]: v for k, v in episodes[1].items() if k.startswith("videos/")}
    assert span == {"chunk_index": 0, "file_index": 1, "from_timestamp": 0.0, "to_timestamp": 0.6}
    assert [e["wm_robot/seed"] for e in episodes] == [100, 101]

    stats = json.loads((root / "meta/stats.json").read_text())
    assert set(stats) == set(info["features"])
    assert np.shape(stats["observation.images.front"]["mean"]) == (3, 1, 1)
    assert stats["action"]["count"] == [7]


def test_columns_and_schema_are_those_of_the_golden_dataset(dataset_of, real_data):
    ours, golden = dataset_of(4), real_data / "widowx_lerobot_v3"

    def schema(root: Path, path: str) -> dict[str, str]:
        return {f.name: str(f.type) for f in pq.read_schema(root / path)}

    def without_features(columns: dict[str, str]) -> set[tuple[str, str]]:
        named = ("images", "observation.state", "action", "wm_robot")
        return {(name, kind) for name, kind in columns.items() if not any(part in name for part in named)}

    for path in (
        "data/chunk-000/file-000.parquet",
        "meta/episodes/chunk-000/file-000.parquet",
        "meta/tasks.parquet",
    ):
        assert without_features(schema(ours, path)) == without_features(schema(golden, path)), path
    info, golden_info = (json.loads((r / "meta/info.json").read_text()) for r in (ours, golden))
    assert info.keys() == golden_info.keys()
    camera = golden_info["features"]["observation.images.cam0"]
    assert info["features"]["observation.images.front"].keys() == camera.keys()


@pytest.mark.real_data
def test_a_dataset_of_another_program_is_read(real_data):
    dataset = read_dataset(real_data / "widowx_lerobot_v3")
    assert (len(dataset.episodes), dataset.fps, dataset.provenance) == (25, 5, None)
    assert dataset.features["observation.state"].entry_names[:3] == ("x", "y", "z")
    everything = dataset.load_all()
    images = everything["observation.images.cam0"]
    assert images.shape == (250, 64, 64, 3)
    assert images.dtype == np.uint8
    # Decoding must agree with the statistics that the other program took of the original pictures.
    stats = json.loads((dataset.root / "meta/stats.json").read_text())["observation.images.cam0"]
    mean = images.reshape(-1, 3).mean(axis=0) / 255
    np.testing.assert_allclose(mean, np.ravel(stats["mean"]), atol=0.01)
    # Consecutive episodes lie in one video: each must begin with its own first picture.
    for index in (0, 7, 24):
        frame = dataset.load_frame(index, 3)["observation.images.cam0"]
        np.testing.assert_array_equal(frame, images[10 * index + 3])


def test_resuming_continues_in_the_same_files(dataset_of, frames):
    root = dataset_of(4)
    for seed in (1, 2):
        with DatasetWriter.resume(root) as writer:
            assert writer.episodes == seed
            writer.write_episode(frames(seed, 3), task=f"task {seed % 2}", seed=100 + seed)
    whole = dataset_of(4, 3, 3, name="at once")
    for path in sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file()):
        assert (root / path).read_bytes() == (whole / path).read_bytes(), path


def test_a_full_table_is_followed_by_a_new_one(dataset_of):
    count = EPISODES_PER_FILE + 1
    dataset = read_dataset(dataset_of(*[1] * count))
    assert [r.data_file for r in dataset.episodes] == [0] * EPISODES_PER_FILE + [1]
    np.testing.assert_array_equal(dataset.load_all(["index"])["index"], np.arange(count))


def test_episodes_written_together_make_the_files_that_they_make_one_by_one(tmp_path, features, frames):
    lengths = [2] * EPISODES_PER_FILE + [3, 4]  # past the end of a table
    episodes = [
        encode_episode(frames(i, length), features, fps=5, task=f"task {i % 2}", seed=i)
        for i, length in enumerate(lengths)
    ]
    for name, groups in (("one", [[e] for e in episodes]), ("all", [episodes[:1], episodes[1:]])):
        with DatasetWriter.create(tmp_path / name, fps=5, features=features) as writer:
            last = [writer.append(*group) for group in groups][-1]
        assert last == len(lengths) - 1
    contents = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "one", tmp_path / "all")
    ]
    assert contents[0] == contents[1]
    assert (tmp_path / "all/data/chunk-000/file-001.parquet").exists()


def test_frames_that_come_one_by_one_make_the_same_episode(tmp_path, features, frames):
    arrays = frames(3, 5)
    with DatasetWriter.create(tmp_path / "d", fps=5, features=features) as writer:
        for t in range(5):
            writer.add_frame({key: values[t] for key, values in arrays.items()})
        writer.save_episode("push")
    loaded = read_dataset(tmp_path / "d").load_episode(0)
    for key, values in arrays.items():
        np.testing.assert_array_equal(loaded[key], values)


def test_bad_episodes_are_refused_and_leave_no_trace(dataset_of, frames):
    root = dataset_of(4)
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    good = frames(1, 4)
    with DatasetWriter.resume(root) as writer:
        with pytest.raises(NotFiniteError, match="action"):
            writer.write_episode({**good, "action": np.full((4, 1), np.nan)}, "task 0")
        with pytest.raises(ShapeError, match=r"observation.state has shape \(4, 3\)"):
            writer.write_episode({**good, "observation.state": np.zeros((4, 3))}, "task 0")
        image = good["observation.images.front"].astype(np.float32)
        with pytest.raises(ShapeError, match="must be uint8"):
            writer.write_episode({**good, "observation.images.front": image}, "task 0")
        with pytest.raises(UnknownNameError, match=r"'reward'.*action"):
            writer.write_episode({**good, "reward": np.zeros(4)}, "task 0")
        with pytest.raises(DatasetError, match="lacks action"):
            writer.write_episode({k: v for k, v in good.items() if k != "action"}, "task 0")
        with pytest.raises(DatasetError, match="one common length"):
            writer.write_episode({**good, "action": good["action"][:2]}, "task 0")
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


def test_a_dataset_needs_an_empty_folder_and_valid_features(dataset_of, tmp_path, features):
    with pytest.raises(DatasetError, match="exists already"):
        DatasetWriter.create(dataset_of(1), fps=5, features=features)
    with pytest.raises(DatasetError, match="hold no '/'"):
        DatasetWriter.create(tmp_path / "a", fps=5, features={"a/b": vector(["x"])})
    with pytest.raises(DatasetError, match="valid: video"):
        DatasetWriter.create(tmp_path / "b", fps=5, features={"a": Feature(dtype="float31", shape=(2,))})


def test_two_writers_cannot_share_a_dataset(dataset_of):
    root = dataset_of(1)
    with DatasetWriter.resume(root), pytest.raises(DatasetError, match="another process is writing"):
        DatasetWriter.resume(root)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda r: (r / "meta/info.json").unlink(), "is no dataset: it has no meta/info.json"),
        (lambda r: (r / "meta/info.json").write_text("{"), "is not JSON"),
        (
            lambda r: (r / "meta/info.json").write_text('{"codebase_version": "v2.1"}'),
            "codebase_version 'v2.1'; valid: 'v3.0'; convert it with `wmr data import`",
        ),
        (lambda r: (r / "data/chunk-000/file-000.parquet").unlink(), "file-000.parquet is missing"),
        (lambda r: (r / "meta/tasks.parquet").write_bytes(b"PAR1"), "no whole Parquet file"),
        (lambda r: (r / "meta/episodes/chunk-000/file-000.parquet").unlink(), "meta/episodes records 0"),
        (
            lambda r: (r / "videos/observation.images.front/chunk-000/file-001.mp4").unlink(),
            "file-001.mp4 is missing",
        ),
    ],
)
def test_a_broken_dataset_does_not_open(dataset_of, damage, message):
    root = dataset_of(4, 3)
    damage(root)
    with pytest.raises(DatasetError, match=message):
        read_dataset(root)


def test_unknown_features_and_episodes_are_named(dataset_of):
    dataset = read_dataset(dataset_of(2))
    with pytest.raises(UnknownNameError, match=r"'reward'.*observation\.state"):
        dataset.load_episode(0, ["reward"])
    with pytest.raises(DatasetError, match="no episode 1; valid: 0 to 0"):
        dataset.load_episode(1)
    with pytest.raises(DatasetError, match="no frame 2; valid: 0 to 1"):
        dataset.load_frame(0, 2)


def test_a_video_that_lost_its_end_is_an_error_not_a_short_episode(dataset_of):
    root = dataset_of(4)
    path = root / "videos/observation.images.front/chunk-000/file-000.mp4"
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DatasetError, match="cannot be read"):
        read_dataset(root).load_episode(0)
