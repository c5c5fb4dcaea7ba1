"""Bags of the planner's topics, written without ROS, become what `EpisodeRecorder` writes of the same run."""

import json
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

pytest.importorskip("mcap_ros2")

from wm_robot.cli.main import main
from wm_robot.core.errors import DatasetError, MismatchError
from wm_robot.core.types import Observation
from wm_robot.data.content import data_hash
from wm_robot.data.importers.mcap import import_mcap
from wm_robot.data.importers.resampled import McapConfig
from wm_robot.data.reader import read_dataset
from wm_robot.data.validate import validate
from wm_robot.runtime.recorder import EpisodeRecorder

from .bags import CAMERAS, PERIOD_NS, PROVENANCE, SIZE, START_NS, Bag, Goal

PAUSE_NS = 5 * PERIOD_NS


@pytest.fixture
def bag_of(tmp_path):
    """A bag of goals, one after the other."""

    def write(*goals, name="bag", **options):
        path, now_ns = tmp_path / name / "bag_0.mcap", START_NS
        path.parent.mkdir()
        with Bag(path) as bag:
            for goal in goals:
                now_ns = goal.write(bag, now_ns, **options) + PAUSE_NS
        return path

    return write


def recorded(root, *goals):
    """The dataset that a recorder in the planner's process would write."""
    environment = SimpleNamespace(
        name=PROVENANCE.environment,
        robot_name=PROVENANCE.robot,
        action_space=PROVENANCE.action_space,
        observation_space=PROVENANCE.observation_space,
    )
    with EpisodeRecorder(root, environment) as recorder:
        for goal in goals:
            for k in range(goal.length):
                images = {camera: goal.images[camera][k] for camera in CAMERAS}
                recorder.add(Observation(stamp_ns=k, images=images, proprio=goal.state[k]), goal.action[k])
            recorder.save(goal.seed)
    return read_dataset(root)


def test_each_goal_in_a_bag_becomes_the_episode_that_the_recorder_writes(bag_of, tmp_path):
    goals = Goal(3, 6), Goal(8, 4)
    done = import_mcap(bag_of(*goals).parent, tmp_path / "new", McapConfig())
    assert (done.episodes, done.remarks) == (2, ())
    ours, theirs = read_dataset(tmp_path / "new"), recorded(tmp_path / "truth", *goals)
    assert validate(ours.root) == []
    assert data_hash(ours.root) == data_hash(theirs.root)
    assert [episode.seed for episode in ours.episodes] == [3, 8]
    assert (ours.fps, ours.info.robot_type) == (5, "panda")
    assert ours.provenance == replace(theirs.provenance, commit="abc")


def test_bags_of_several_goals_are_one_dataset_and_an_arm_may_have_a_namespace(bag_of, tmp_path):
    goals = Goal(0, 3), Goal(1, 4), Goal(2, 5)
    bag_of(*goals[:2], name="a", prefix="/left")
    bag_of(goals[2], name="b", prefix="/left")
    assert import_mcap(tmp_path, tmp_path / "new", McapConfig()).episodes == 3
    assert data_hash(tmp_path / "new") == data_hash(recorded(tmp_path / "truth", *goals).root)


def test_an_imported_bag_is_trained_on_in_the_spaces_that_it_was_recorded_in(bag_of, tmp_path):
    training = pytest.importorskip("wm_robot.models.training_data")
    from wm_robot.models.config import ModelConfig

    goal = Goal(0, 5)
    import_mcap(bag_of(goal), tmp_path / "new", McapConfig())
    config, frames = training.load_training_data(tmp_path / "new", ModelConfig(), progress=False)
    assert config.action_space == PROVENANCE.action_space
    assert config.observation_space == PROVENANCE.observation_space
    assert (config.environment, config.robot) == ("reach", "panda")
    # The bounds are ±0.05 m: normalised actions are twenty times the displacements.
    np.testing.assert_allclose(frames.actions.numpy(), 20 * goal.action, atol=1e-5)


def test_large_pictures_are_brought_to_the_size_that_the_model_reads(tmp_path):
    large = np.zeros((2 * SIZE[0], 2 * SIZE[1], 3), np.uint8)
    large[: SIZE[0]] = 200
    with Bag(tmp_path / "bag.mcap") as bag:
        goal = Goal(0, 2)
        goal.images = {camera: np.stack([large, large]) for camera in CAMERAS}
        goal.write(bag, START_NS)
    import_mcap(tmp_path / "bag.mcap", tmp_path / "new", McapConfig())
    seen = read_dataset(tmp_path / "new").load_episode(0)["observation.images.top"]
    assert seen.shape == (2, *SIZE, 3)
    assert (seen[:, : SIZE[0] // 2] == 200).all()
    assert (seen[:, SIZE[0] // 2 :] == 0).all()


def test_a_task_that_is_given_goes_before_that_of_the_bag(bag_of, tmp_path):
    import_mcap(bag_of(Goal(0, 2)), tmp_path / "new", McapConfig(task="reach for it"))
    assert read_dataset(tmp_path / "new").tasks == ("reach for it",)


@pytest.mark.parametrize(
    ("lost", "kept"),
    [
        # Without its picture a period is no frame: 7 periods become 3 and 3.
        ([("top", 3)], [(0, 3), (4, 7)]),
        # Without its action neither; what comes after does not follow from what was before.
        ([("executed", 3)], [(0, 3), (4, 7)]),
        ([("observed", 0), ("observed", 1)], [(2, 7)]),
    ],
)
def test_an_episode_is_cut_where_something_is_missing_and_that_is_told(bag_of, tmp_path, lost, kept):
    goal = Goal(0, 7)
    done = import_mcap(bag_of(goal, lost=lost), tmp_path / "new", McapConfig())
    assert done.episodes == len(kept)
    (remark,) = done.remarks
    assert f"{len(lost)} of 7 control periods are left out" in remark
    dataset = read_dataset(tmp_path / "new")
    for index, (first, end) in enumerate(kept):
        frames = dataset.load_episode(index)
        np.testing.assert_allclose(frames["action"], goal.action[first:end], rtol=1e-6)
        np.testing.assert_array_equal(frames["observation.images.top"], goal.images["top"][first:end])


def test_whatever_a_killed_recorder_leaves_is_imported_to_its_last_whole_message(bag_of, tmp_path, capsys):
    goals = Goal(0, 5), Goal(1, 5)
    whole = bag_of(*goals).read_bytes()
    counts = set()
    for share in (0.4, 0.6, 0.8, 0.95):
        path = tmp_path / f"{share}.mcap"
        path.write_bytes(whole[: int(share * len(whole))])
        output = tmp_path / f"of_{share}"
        assert main(["data", "import", str(path), "--output", str(output), "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert any("was cut off" in remark for remark in answer["remarks"])
        dataset = read_dataset(output)
        assert validate(output) == []
        for index, goal in zip(range(answer["episodes"]), goals, strict=False):
            frames = dataset.load_episode(index)
            length = len(frames["action"])
            np.testing.assert_allclose(frames["observation.state"], goal.state[:length], rtol=1e-6)
            np.testing.assert_array_equal(frames["observation.images.front"], goal.images["front"][:length])
        counts.add(dataset.info.total_frames)
    assert len(counts) > 2
    assert max(counts) <= 10


def test_a_bag_that_is_damaged_in_the_middle_is_an_error(bag_of, tmp_path):
    path = bag_of(Goal(0, 5))
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes(1000) + content[middle + 1000 :])
    with pytest.raises(DatasetError, match="damaged"):
        import_mcap(path, tmp_path / "new", McapConfig())


def test_a_bag_without_a_goal_is_an_error_and_beside_others_a_remark(bag_of, tmp_path):
    idle = bag_of(Goal(0, 0), name="idle")
    with pytest.raises(DatasetError, match="no control period"):
        import_mcap(idle, tmp_path / "new", McapConfig())
    bag_of(Goal(0, 3))
    done = import_mcap(tmp_path, tmp_path / "new", McapConfig())
    assert done.episodes == 1
    assert "idle" in done.remarks[0]


def test_two_arms_in_one_bag_are_an_error_that_names_them(tmp_path):
    with Bag(tmp_path / "bag.mcap") as bag:
        end_ns = Goal(0, 2).write(bag, START_NS, prefix="/left")
        Goal(1, 2).write(bag, end_ns, prefix="/right")
    with pytest.raises(DatasetError, match="/left/wm_robot/episode, /right/wm_robot/episode"):
        import_mcap(tmp_path / "bag.mcap", tmp_path / "new", McapConfig())


def test_episodes_of_other_spaces_do_not_become_one_dataset(bag_of, tmp_path):
    bag_of(Goal(0, 2), name="a")
    faster = replace(PROVENANCE, action_space=replace(PROVENANCE.action_space, high=(0.1, 0.1)))
    bag_of(Goal(1, 2, faster), name="b")
    with pytest.raises(MismatchError, match="action_space"):
        import_mcap(tmp_path, tmp_path / "new", McapConfig())
    assert not (tmp_path / "new").exists()


def test_an_episode_that_another_version_describes_is_an_error_that_says_so(tmp_path):
    with Bag(tmp_path / "bag.mcap") as bag:
        bag.write("/wm_robot/episode", "std_msgs/msg/String", START_NS, data='{"robot": "panda"}')
    with pytest.raises(DatasetError, match="a form of its own: BagEpisode has unknown fields"):
        import_mcap(tmp_path / "bag.mcap", tmp_path / "new", McapConfig())


@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "mono8", "png"])
def test_pictures_of_any_bag_may_be_raw_or_compressed(tmp_path, encoding):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, *SIZE, 1 if encoding == "mono8" else 3), dtype=np.uint8)
    with Bag(tmp_path / "bag.mcap") as bag:
        for k, image in enumerate(images):
            stamp_ns = START_NS + k * PERIOD_NS
            if encoding == "png":
                data = cv2.imencode(".png", image[..., ::-1])[1].tobytes()
                bag.write("/cam", "sensor_msgs/msg/CompressedImage", stamp_ns, format="png", data=data)
            else:
                bag.picture("/cam", stamp_ns, image, encoding)
            p, turn = SimpleNamespace(x=0.1, y=0.2, z=0.3), SimpleNamespace(x=0.0, y=0.0, z=0.0, w=1.0)
            pose = SimpleNamespace(position=p, orientation=turn)
            bag.write("/tip", "geometry_msgs/msg/PoseStamped", stamp_ns, pose=pose)
            twist = SimpleNamespace(linear=p, angular=p)
            bag.write("/twist", "geometry_msgs/msg/TwistStamped", stamp_ns, twist=twist)
    assert import_mcap(tmp_path / "bag.mcap", tmp_path / "new", McapConfig()).episodes == 1
    dataset = read_dataset(tmp_path / "new")
    assert (dataset.fps, dataset.tasks) == (5, ("unknown",))
    seen = dataset.load_episode(0)["observation.images.cam"]
    np.testing.assert_array_equal(seen, np.broadcast_to(images, seen.shape))


def test_a_picture_of_an_unknown_encoding_is_an_error_that_names_its_topic(tmp_path):
    with Bag(tmp_path / "bag.mcap") as bag:
        bag.picture("/depth", START_NS, np.zeros((*SIZE, 3), np.uint8), "16UC1")
    with pytest.raises(DatasetError, match=r"/depth: picture encoding '16UC1'; valid: rgb8"):
        import_mcap(tmp_path / "bag.mcap", tmp_path / "new", McapConfig())


def test_options_that_choose_topics_read_a_bag_of_the_planner_like_any_other(bag_of, tmp_path):
    with pytest.raises(DatasetError, match="no geometry_msgs/msg/PoseStamped"):
        import_mcap(bag_of(Goal(0, 3)), tmp_path / "new", McapConfig(fps=5))
