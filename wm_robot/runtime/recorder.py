"""Runs as episodes of a dataset."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.protocols import Recordable
from wm_robot.core.types import Observation
from wm_robot.core.version import commit
from wm_robot.data.features import ACTION, CAMERA_PREFIX, STATE
from wm_robot.data.provenance import Provenance
from wm_robot.data.recording import create_recording
from wm_robot.runtime.loop import Step


class EpisodeRecorder:
    """Step hook that writes what the robot saw and did as a LeRobotDataset v3.0.

    A frame holds the observation at the start of a period and the action as executed in it, so the
    recording can be trained on like any other data. Only saved episodes reach the disk: a run that may be
    killed, or one that is too long for the memory, saves from time to time and becomes several episodes.

    Args:
        root: new or empty folder.
        environment: whose runs are recorded; a real robot's task as well as a simulated one.

    Raises:
        DatasetError: the folder holds something already.
    """

    def __init__(self, root: Path, environment: Recordable) -> None:
        self._task = environment.name
        provenance = Provenance(
            environment=environment.name,
            robot=environment.robot_name,
            action_space=environment.action_space,
            observation_space=environment.observation_space,
            commit=commit(),
        )
        self._writer = create_recording(root, provenance)

    def __call__(self, step: Step) -> None:
        """Buffer one control period of a loop."""
        self.add(step.observation, step.executed)

    def add(self, observation: Observation, executed: FloatArray) -> None:
        """Buffer what was seen at the start of a period and the action (nu,) executed in it."""
        images = {CAMERA_PREFIX + name: image for name, image in observation.images.items()}
        self._writer.add_frame(
            images
            | {
                STATE: np.asarray(observation.proprio, dtype=np.float32),
                ACTION: np.asarray(executed, dtype=np.float32),
            }
        )

    def save(self, seed: int) -> int:
        """Write the buffered periods as one episode that began with `seed`; returns its index."""
        return self._writer.save_episode(self._task, seed)

    def close(self) -> None:
        """Let others use the dataset; periods that are not saved are dropped."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
