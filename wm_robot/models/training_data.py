"""A LeRobotDataset, of ours or of others, as what training needs."""

import re
from pathlib import Path

import numpy as np
import torch

from wm_robot.core.errors import DatasetError
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.data.content import data_hash
from wm_robot.data.reader import Dataset, read_dataset
from wm_robot.models.config import ModelConfig, Normalization, WorldModelConfig
from wm_robot.models.frames import Frames
from wm_robot.models.images import stack_cameras

IMAGES, STATE, ACTION, TRUTH = "observation.images.", "observation.state", "action", "privileged.state"
UNSEEN = re.compile(r"goal_.*|.*velocity|reward")
"""Ground truth so named is not to be seen in one image: what the task wants, and how fast things move."""


def load_training_data(root: Path, model: ModelConfig, *, progress: bool) -> tuple[WorldModelConfig, Frames]:
    """The frames of the dataset at `root`, and the config of a world model for them.

    Raises:
        DatasetError: broken, or without cameras, `observation.state` or `action`.
    """
    dataset = read_dataset(root)
    cameras = sorted(key for key, feature in dataset.features.items() if feature.is_image)
    needed = [key for key in (STATE, ACTION) if key not in dataset.features]
    if needed or not cameras:
        lacking = needed or [IMAGES + "<camera>"]
        raise DatasetError(f"{root} lacks {', '.join(lacking)}; it has {', '.join(dataset.features)}")
    truth = [TRUTH] if TRUTH in dataset.features else []
    arrays = dataset.load_all([*cameras, STATE, ACTION, *truth], progress=progress)
    observation, action = _spaces(dataset, cameras, arrays[ACTION])
    order = [IMAGES + camera for camera in observation.cameras]

    proprio = _normalization(_names(dataset, STATE), arrays[STATE])
    names = _names(dataset, TRUTH) if truth else ()
    visible = [i for i, name in enumerate(names) if not UNSEEN.fullmatch(name)]
    ground_truth = arrays[TRUTH][:, visible] if truth else np.zeros((len(arrays[STATE]), 0))
    probe = _normalization(tuple(names[i] for i in visible), ground_truth)
    state = _normalize(ground_truth, probe)
    low, high = np.asarray(action.low), np.asarray(action.high)
    scaled = (2 * (arrays[ACTION] - low) / (high - low) - 1).clip(-1, 1)
    frames = Frames(
        images=stack_cameras(np.stack([arrays[key] for key in order], axis=1)),
        proprio=_normalize(arrays[STATE], proprio),
        actions=torch.from_numpy(scaled.astype(np.float32)),
        state=state,
        start=np.array([e.first_frame for e in dataset.episodes]),
        length=np.array([e.length for e in dataset.episodes]),
    )
    source = dataset.provenance
    config = WorldModelConfig(
        model=model,
        environment=source.environment if source else "dataset",
        robot=source.robot if source else dataset.info.robot_type or "unknown",
        action_space=action,
        observation_space=observation,
        proprio=proprio,
        probe=probe,
        provenance={"data": root.name, "data_hash": data_hash(root)},
    )
    return config, frames


def _spaces(
    dataset: Dataset, cameras: list[str], actions: np.ndarray
) -> tuple[ObservationSpace, ActionSpace]:
    """As recorded; for datasets of others, names from the features and bounds from the data."""
    if dataset.provenance:
        return dataset.provenance.observation_space, dataset.provenance.action_space
    sizes = {dataset.features[key].image_size for key in cameras}
    if len(sizes) > 1:
        raise DatasetError(f"{dataset.root} has cameras of several sizes {sorted(sizes)}; one size is needed")
    names = _names(dataset, ACTION)
    low, high = actions.min(axis=0), actions.max(axis=0)
    constant = high - low < 1e-6
    return ObservationSpace(
        cameras=tuple(key.removeprefix(IMAGES) for key in cameras),
        image_size=sizes.pop(),
        proprio_names=_names(dataset, STATE),
    ), ActionSpace(
        kind="dataset",
        names=names,
        units=("unknown",) * len(names),
        low=tuple((low - constant).tolist()),
        high=tuple((high + constant).tolist()),
        rate_hz=float(dataset.fps),
    )


def _names(dataset: Dataset, key: str) -> tuple[str, ...]:
    feature = dataset.features[key]
    return feature.entry_names or tuple(f"{key}.{i}" for i in range(feature.shape[0]))


def _normalization(names: tuple[str, ...], values: np.ndarray) -> Normalization:
    std = np.maximum(values.std(axis=0), 1e-6)
    return Normalization(names=names, mean=tuple(values.mean(axis=0).tolist()), std=tuple(std.tolist()))


def _normalize(values: np.ndarray, by: Normalization) -> torch.Tensor:
    return torch.from_numpy(((values - np.asarray(by.mean)) / np.asarray(by.std)).astype(np.float32))
