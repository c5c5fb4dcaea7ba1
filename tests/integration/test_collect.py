"""Collection with several processes, of an environment whose every frame is known on paper."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from wm_robot.core.errors import MismatchError, UnknownNameError, WmrError
from wm_robot.core.seeding import derive_seed
from wm_robot.data.content import data_hash
from wm_robot.data.reader import read_dataset
from wm_robot.data.validate import validate
from wm_robot.models.config import ModelConfig
from wm_robot.models.training_data import load_training_data
from wm_robot.runtime.collect import collect
from wm_robot.runtime.collect_config import CollectConfig

HERE = Path(__file__).parent

COMMAND = """
import sys
from pathlib import Path
from drifting_dot import dot
from wm_robot.runtime.collect import collect
from wm_robot.runtime.collect_config import CollectConfig

if __name__ == "__main__":
    config = CollectConfig(task="dot", output=Path(sys.argv[1]), episodes=100000, steps=5, workers=2)
    try:
        collect(config, make_environment=dot)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(HERE)


def settings(output: Path, **changes) -> CollectConfig:
    return CollectConfig(
        **{"task": "dot", "output": output, "episodes": 5, "steps": 8, "workers": 2} | changes
    )


def start(output: Path) -> subprocess.Popen:
    """A collection that will not end by itself, after its third episode."""
    script = output.with_name("script.py")
    script.write_text(COMMAND)
    environment = {**os.environ, "PYTHONPATH": f"{HERE}:{HERE.parents[1]}"}
    process = subprocess.Popen([sys.executable, script, output], env=environment, start_new_session=True)
    wait_until((output / "videos/observation.images.top/chunk-000/file-003.mp4").exists)
    return process


def wait_until(condition, limit_s: float = 60.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    from importlib import import_module

    sys.path.insert(0, str(HERE))
    try:
        output = tmp_path_factory.mktemp("recorded") / "data"
        collect(settings(output), make_environment=import_module("drifting_dot").dot)
    finally:
        sys.path.remove(str(HERE))
    return output


def test_a_row_holds_the_observation_and_the_action_executed_from_it(recorded):
    assert validate(recorded) == []
    dataset = read_dataset(recorded)
    assert len(dataset.episodes) == 5
    for record in dataset.episodes:
        assert record.seed == derive_seed(0, "collect", record.index)
        episode = dataset.load_episode(record.index)
        x, action = episode["observation.state"][:, 0], episode["action"][:, 0]
        assert x[0] == np.float32(np.random.default_rng(record.seed).uniform(0, 16))
        np.testing.assert_allclose(x[1:], (x[:-1] + action[:-1]) % 16, atol=1e-5)
        assert np.abs(action).max() == 0.5  # as executed, although the policy asked for up to 1
        np.testing.assert_array_equal(episode["privileged.state"][:, 0], x)
        shown = episode["observation.images.top"][:, 8, :, 0].argmax(axis=1)
        np.testing.assert_array_equal(shown, x.astype(int))


@pytest.fixture
def sought(tmp_path) -> Path:
    from drifting_dot import seeking_dot

    collect(settings(tmp_path / "data", episodes=20), make_environment=seeking_dot)
    return tmp_path / "data"


def test_some_episodes_start_at_their_goal(sought):
    dataset = read_dataset(sought)
    starts = [dataset.load_episode(i)["observation.state"][0, 0] for i in range(20)]
    # A fair coin shows heads in 4 to 16 of 20 throws, in all but 3 of 1,000 cases.
    assert 4 <= starts.count(0.0) <= 16


def test_a_model_is_not_asked_for_what_no_image_shows(sought):
    config, _ = load_training_data(sought, ModelConfig(grid=1), progress=False)
    assert config.probe.names == ("dot_x", "dot_y")


def test_provenance_says_how_to_make_the_episodes_again(recorded):
    from drifting_dot import DriftingDot

    provenance = read_dataset(recorded).provenance
    assert provenance is not None
    assert (provenance.environment, provenance.robot, provenance.seed) == ("dot", "none", 0)
    assert provenance.action_space == DriftingDot.action_space
    assert provenance.observation_space == DriftingDot.observation_space


def test_the_dataset_depends_neither_on_workers_nor_on_pauses(recorded, tmp_path):
    from drifting_dot import dot

    output = tmp_path / "data"
    assert collect(settings(output, episodes=2, workers=1), make_environment=dot).recorded_episodes == 2
    result = collect(settings(output, workers=3), make_environment=dot)
    assert (result.recorded_episodes, result.episodes, result.frames) == (3, 5, 40)
    assert data_hash(output) == data_hash(recorded)
    again = collect(settings(output), make_environment=dot)
    assert (again.recorded_episodes, again.frames) == (0, 40)


def test_other_settings_do_not_continue_a_dataset(recorded):
    from drifting_dot import dot

    with pytest.raises(MismatchError, match="episodes of 8 frames, not 9"):
        collect(settings(recorded, steps=9), make_environment=dot)
    with pytest.raises(MismatchError, match="seed is 0 but must be 1"):
        collect(settings(recorded, seed=1), make_environment=dot)
    assert len(read_dataset(recorded).episodes) == 5


def test_an_error_in_a_worker_reaches_the_user_as_it_is(tmp_path):
    from drifting_dot import dying_dot, no_dot

    with pytest.raises(UnknownNameError, match="unknown task 'dot'; valid: dot"):
        collect(settings(tmp_path / "a"), make_environment=no_dot)
    with pytest.raises(WmrError, match="a worker process died"):
        collect(settings(tmp_path / "b"), make_environment=dying_dot)


def test_ctrl_c_ends_cleanly_and_the_same_command_goes_on(tmp_path):
    from drifting_dot import dot

    output = tmp_path / "data"
    process = start(output)
    os.killpg(process.pid, signal.SIGINT)  # a terminal signals the workers too
    assert process.wait(timeout=60) == 130
    assert validate(output) == []
    count = len(read_dataset(output).episodes)
    assert count >= 3
    collect(settings(output, episodes=count + 2, steps=5), make_environment=dot)
    at_once = tmp_path / "at_once"
    collect(settings(at_once, episodes=count + 2, steps=5), make_environment=dot)
    assert data_hash(output) == data_hash(at_once)


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    process = start(tmp_path / "data")
    wait_until(lambda: len(list(tmp_path.glob("worker-*"))) == 2)
    process.kill()
    process.wait()
    workers = [int(path.name.removeprefix("worker-")) for path in tmp_path.glob("worker-*")]
    wait_until(lambda: not any(alive(worker) for worker in workers), limit_s=20.0)
    assert not any(problem.broken for problem in validate(tmp_path / "data"))


def alive(process: int) -> bool:
    """Whether a process runs; one that has ended but was not collected by its new parent does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("field", ["episodes", "steps", "workers", "image_size"])
def test_nonsense_settings_are_refused(tmp_path, field):
    with pytest.raises(WmrError, match=f"{field} is 0; it must be at least 1"):
        settings(tmp_path, **{field: 0})


@pytest.mark.parametrize(("fraction", "changed"), [(0.0, 0), (1.0, 3)])
def test_varied_looks_change_the_pictures_and_nothing_else(tmp_path, fraction, changed):
    plain, varied = (
        collect_reach(tmp_path / name, looks) for name, looks in (("plain", 0.0), ("varied", fraction))
    )
    np.testing.assert_array_equal(plain["observation.state"], varied["observation.state"])
    np.testing.assert_array_equal(plain["action"], varied["action"])
    before, after = (d["observation.images.front"].reshape(3, 2, -1).astype(int) for d in (plain, varied))
    # Video is lossy: an unchanged look decodes to the same pictures, a changed one is far from it.
    assert (np.abs(before - after).mean(axis=(1, 2)) > 5).sum() == changed


def collect_reach(output: Path, varied_looks: float) -> dict[str, np.ndarray]:
    config = CollectConfig(
        task="reach", output=output, episodes=3, steps=2, workers=1, image_size=32, varied_looks=varied_looks
    )
    collect(config)
    keys = ["observation.state", "action", "observation.images.front"]
    return read_dataset(output).load_all(keys, progress=False)
