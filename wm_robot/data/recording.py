"""Datasets of runs: cameras, proprioception and executed actions, as their provenance names them."""

from pathlib import Path

from wm_robot.data.features import ACTION, CAMERA_PREFIX, STATE, camera, vector
from wm_robot.data.provenance import Provenance
from wm_robot.data.writer import DatasetWriter


def create_recording(root: Path, provenance: Provenance) -> DatasetWriter:
    """Start an empty dataset of control periods in the folder `root`.

    Raises:
        DatasetError: the folder holds something already.
    """
    senses, actions = provenance.observation_space, provenance.action_space
    cameras = {CAMERA_PREFIX + name: camera(*senses.image_size) for name in senses.cameras}
    return DatasetWriter.create(
        root,
        fps=round(actions.rate_hz),
        features=cameras | {STATE: vector(senses.proprio_names), ACTION: vector(actions.names)},
        robot_type=provenance.robot,
        provenance=provenance,
    )
