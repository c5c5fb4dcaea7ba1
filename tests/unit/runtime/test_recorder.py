"""Recorded runs."""

import numpy as np

from wm_robot.data.reader import read_dataset
from wm_robot.runtime.actor import ScriptedActor
from wm_robot.runtime.loop import run_simulated
from wm_robot.runtime.recorder import EpisodeRecorder


def test_a_recording_holds_observations_and_executed_actions_of_saved_episodes(tmp_path, point_mass):
    steps = []
    with EpisodeRecorder(tmp_path / "episodes", point_mass) as recorder:

        def record(step):
            steps.append(step)
            recorder(step)

        # Asked for 5 m, the environment executes the 0.1 m that it can.
        actor = ScriptedActor(lambda: np.array([5.0, -0.03]), point_mass.action_space)
        run_simulated(point_mass, actor, point_mass.reset(11), steps=4, on_step=record)
        assert recorder.save(seed=11) == 0
        run_simulated(point_mass, actor, point_mass.reset(12), steps=2, on_step=recorder)

    dataset = read_dataset(tmp_path / "episodes")
    assert [(e.length, e.seed) for e in dataset.episodes] == [(4, 11)]
    assert dataset.provenance.environment == "point_mass"
    frames = dataset.load_all(["observation.state", "action"])
    np.testing.assert_allclose(frames["action"], np.tile([0.1, -0.03], (4, 1)), rtol=1e-6)
    np.testing.assert_allclose(frames["observation.state"], [s.observation.proprio for s in steps], rtol=1e-6)
