"""Recorded runs."""

import os
import signal
import subprocess
import sys
import textwrap

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


def test_a_killed_run_keeps_the_pieces_that_it_has_saved(tmp_path):
    code = """
        import os, signal, sys
        from pathlib import Path
        from types import SimpleNamespace
        import numpy as np
        from wm_robot.core.spaces import ActionSpace, ObservationSpace
        from wm_robot.core.types import Observation
        from wm_robot.runtime.recorder import EpisodeRecorder
        arm = SimpleNamespace(
            name="reach",
            robot_name="ur5e",
            action_space=ActionSpace(
                kind="end_effector_delta", names=("dx",), units=("m",), low=(-1.0,), high=(1.0,), rate_hz=10.0
            ),
            observation_space=ObservationSpace(cameras=("top",), image_size=(16, 16), proprio_names=("x",)),
        )
        recorder = EpisodeRecorder(Path(sys.argv[1]), arm)
        for i in range(25):
            picture = np.full((16, 16, 3), i, np.uint8)
            seen = Observation(stamp_ns=i, images={"top": picture}, proprio=np.array([float(i)]))
            recorder.add(seen, np.array([0.1 * i]))
            if i % 10 == 9:
                recorder.save(seed=3)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    child = [sys.executable, "-c", textwrap.dedent(code), tmp_path / "dataset"]
    assert subprocess.run(child, env=environment, check=False).returncode == -signal.SIGKILL
    dataset = read_dataset(tmp_path / "dataset")
    assert [(episode.length, episode.seed) for episode in dataset.episodes] == [(10, 3), (10, 3)]
    assert dataset.load_all(["observation.state"])["observation.state"][:, 0].tolist() == list(range(20))
    assert dataset.provenance.robot == "ur5e"
