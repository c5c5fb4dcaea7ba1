import json

import numpy as np
import pytest

from wm_robot.data.content import data_hash
from wm_robot.data.writer import DatasetWriter


def test_equal_episodes_have_equal_hashes_however_they_were_written(dataset_of, frames):
    at_once = dataset_of(4, 3, name="at once")
    in_two = dataset_of(4, name="in two")
    with DatasetWriter.resume(in_two) as writer:
        writer.write_episode(frames(1, 3), task="task 1", seed=7)
    (in_two / "meta/stats.json").write_text(json.dumps({}))
    assert data_hash(in_two) == data_hash(at_once)


@pytest.mark.parametrize("key", ["action", "observation.images.front"])
def test_one_changed_value_changes_the_hash(tmp_path, features, frames, key):
    hashes = set()
    for change in (0, 1):
        episode = frames(0, 3)
        episode[key] = episode[key].copy()
        first = np.unravel_index(0, episode[key].shape)
        episode[key][first] = change
        with DatasetWriter.create(tmp_path / str(change), fps=5, features=features) as writer:
            writer.write_episode(episode, "push")
        hashes.add(data_hash(tmp_path / str(change)))
    assert len(hashes) == 2
