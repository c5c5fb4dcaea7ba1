"""A writer that is killed loses at most the episode it was writing."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wm_robot.data.reader import Dataset, read_dataset
from wm_robot.data.repair import repair
from wm_robot.data.validate import validate
from wm_robot.data.writer import DatasetWriter

EPISODE = """
import sys
from pathlib import Path
import numpy as np
from wm_robot.data.features import camera, vector
from wm_robot.data.writer import DatasetWriter

FEATURES = {"observation.images.top": camera(16, 16), "action": vector(["dx", "dy"])}


def episode(seed):
    rng = np.random.default_rng(seed)
    return {
        "observation.images.top": rng.integers(0, 256, (6, 16, 16, 3), dtype=np.uint8),
        "action": rng.normal(size=(6, 2)).astype(np.float32),
    }
"""

FOREVER = """
root = Path(sys.argv[1])
started = (root / "meta/info.json").exists()
writer = DatasetWriter.resume(root) if started else DatasetWriter.create(root, fps=10, features=FEATURES)
while True:
    seed = writer.episodes
    writer.write_episode(episode(seed), f"task {seed % 3}")
    print(seed, flush=True)
"""

AT_EACH_REPLACE = """
import os, signal
for step in range(int(sys.argv[2])):
    if os.fork():
        os.wait()
        continue
    writer = DatasetWriter.create(Path(sys.argv[1]) / str(step), fps=10, features=FEATURES)
    for seed in range(2):
        writer.write_episode(episode(seed), f"task {seed}")
    calls, replace = iter(range(100)), os.replace

    def replace_or_die(*paths):
        if next(calls) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*paths)

    os.replace = replace_or_die
    writer.write_episode(episode(2), "task 2")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def episode(seed: int) -> dict[str, np.ndarray]:
    namespace: dict = {}
    exec(EPISODE, namespace)  # the very code that the killed process ran
    return namespace["episode"](seed)


def start(script: str, *arguments: str) -> subprocess.Popen:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", EPISODE + script, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def assert_holds(dataset: Dataset, count: int) -> None:
    assert len(dataset.episodes) == count
    for index in range(count):
        loaded = dataset.load_episode(index)
        for key, values in episode(index).items():
            np.testing.assert_array_equal(loaded[key], values)


def test_every_announced_episode_is_there_whenever_the_writer_is_killed(tmp_path):
    root, announced = tmp_path / "dataset", -1
    moments = random.Random(0)
    for _ in range(4):
        process = start(FOREVER, str(root))
        assert process.stdout is not None
        announced = int(process.stdout.readline())
        try:
            process.wait(timeout=moments.uniform(0.0, 0.3))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        announced = max([announced, *(int(line) for line in process.stdout.read().splitlines())])
        assert process.wait() == -signal.SIGKILL

        dataset = read_dataset(root)
        # The last episode may have been committed without there being time to announce it.
        assert len(dataset.episodes) - (announced + 1) in (0, 1)
        assert_holds(dataset, len(dataset.episodes))
        assert not any(problem.broken for problem in validate(root))
    repair(root)
    assert validate(root) == []
    assert_holds(read_dataset(root), len(dataset.episodes))


@pytest.fixture(scope="module")
def killed_at_each_step(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("killed")
    process = start(AT_EACH_REPLACE, str(root), "7")
    assert process.wait(timeout=60) == 0
    return root


# A third episode with a new task replaces six files: its video, tasks, rows, records and statistics
# in any order, and then meta/info.json. Step k kills before the (k + 1)-th; step 6 after them all.
@pytest.mark.parametrize(("step", "episodes"), [(0, 2), (1, 2), (2, 2), (3, 2), (4, 2), (5, 2), (6, 3)])
def test_an_episode_counts_from_the_moment_info_names_it(killed_at_each_step, step, episodes):
    root = killed_at_each_step / str(step)
    assert_holds(read_dataset(root), episodes)
    problems = validate(root)
    assert not any(problem.broken for problem in problems)
    assert bool(problems) == (step != 6)
    with DatasetWriter.resume(root) as writer:
        for seed in range(episodes, 4):
            writer.write_episode(episode(seed), f"task {seed}")
    dataset = read_dataset(root)
    assert dataset.tasks == ("task 0", "task 1", "task 2", "task 3")
    assert_holds(dataset, 4)
    assert all(problem.where.endswith(".tmp") for problem in validate(root))
