"""Topics of whatever bag, brought to one rate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.errors import DatasetError, UnknownNameError
from wm_robot.data.features import ACTION, CAMERA_PREFIX, STATE, Feature, camera, vector
from wm_robot.data.importers.ros_messages import CAMERAS, JOINTS, POSE, TWIST, Topic

_PLUMBING = ("compressed", "image_raw", "image_rect", "image_color")


@dataclass(frozen=True, kw_only=True)
class McapConfig:
    """How topics become features.

    Args:
        task: what the episodes show, in words; by default what the bag says.
        fps: frames a second; by default the rate of the first camera.
        cameras: image topics to take; by default all.
        pose: PoseStamped topic of the end effector; needed where there are several.
        action: TwistStamped topic of the commands; needed where there are several.
    """

    task: str | None = None
    fps: int | None = None
    cameras: tuple[str, ...] = ()
    pose: str | None = None
    action: str | None = None


Columns = dict[str, tuple[tuple[str, ...], NDArray]]
"""(entry names, values (T, ...)) by feature."""


def resampled(topics: Mapping[str, Topic], fps: int, config: McapConfig) -> Columns:
    """The episode that `topics` show at `fps`.

    Each frame holds the newest message at or before it. Its action is the first command published until the
    next frame; where there is none, the one still in force. The state is the end-effector pose (x, y, z,
    roll, pitch, yaw) followed by all joint positions.

    Raises:
        DatasetError: topics are missing or ambiguous, or there is a gap in one.
    """
    cameras = _chosen(topics, CAMERAS, config.cameras)
    pose = _only(topics, POSE, config.pose)
    action = _only(topics, TWIST, config.action)
    states = [pose, *(name for name, topic in topics.items() if topic.kind == JOINTS)]
    observed = [*cameras, *states]
    start = max(topics[name].stamps_s[0] for name in (*observed, action))
    end = min(topics[name].stamps_s[-1] for name in observed)
    count = int(np.floor((end - start) * fps + 1e-3)) + 1
    if count < 1:
        raise DatasetError(f"the topics {', '.join(observed)} share no moment")
    ticks = start + np.arange(count) / fps
    columns: Columns = {
        _camera_key(name): ((), _held(name, topics[name], ticks, 1 / fps)) for name in cameras
    }
    state = [_held(name, topics[name], ticks, 1 / fps) for name in states]
    columns[STATE] = (
        tuple(entry for name in states for entry in topics[name].names),
        np.concatenate(state, axis=1).astype(np.float32),
    )
    columns[ACTION] = (topics[action].names, _commands(topics[action], ticks, 1 / fps))
    return columns


def features(columns: Columns) -> dict[str, Feature]:
    return {
        key: camera(*values.shape[1:3]) if key.startswith(CAMERA_PREFIX) else vector(names)
        for key, (names, values) in columns.items()
    }


def _held(name: str, topic: Topic, ticks: NDArray, period_s: float) -> NDArray:
    """The newest value at or before each tick (T, ...)."""
    stamps = np.array(topic.stamps_s)
    # A microsecond of slack: stamps that mean the same instant differ in their last digits.
    newest = np.searchsorted(stamps, ticks + 1e-6, side="right") - 1
    age = ticks - stamps[newest]
    if age.max() > 2 * period_s:
        worst = int(np.argmax(age))
        raise DatasetError(
            f"{name} has no message for {age[worst]:.2f} s before {ticks[worst]:.2f} s; "
            f"valid: at most {2 * period_s:.2f} s, so choose a lower fps or cut the bag there"
        )
    return np.stack([topic.values[i] for i in newest])


def _commands(topic: Topic, ticks: NDArray, period_s: float) -> NDArray:
    """The action from each tick to the next (T, nu)."""
    stamps = np.array(topic.stamps_s)
    first = np.searchsorted(stamps, ticks - 1e-6, side="left")
    inside = (first < len(stamps)) & (stamps[np.minimum(first, len(stamps) - 1)] < ticks + period_s - 1e-6)
    chosen = np.where(inside, first, first - 1)
    return np.stack([topic.values[i] for i in chosen]).astype(np.float32)


def _chosen(topics: Mapping[str, Topic], kinds: tuple[str, ...], wanted: tuple[str, ...]) -> list[str]:
    """The topics of `kinds` among `wanted`; all of them when nothing is wanted in particular."""
    present = [name for name in sorted(topics) if topics[name].kind in kinds]
    words = " or ".join(kinds)
    for name in wanted:
        if name not in present:
            raise UnknownNameError(f"{words} topic", name, present)
    if not present:
        usable = ", ".join(sorted(topics)) or "none"
        raise DatasetError(f"the bag has no {words}; its usable topics: {usable}")
    return list(wanted) or present


def _only(topics: Mapping[str, Topic], kind: str, wanted: str | None) -> str:
    chosen = _chosen(topics, (kind,), (wanted,) if wanted else ())
    if len(chosen) > 1:
        raise DatasetError(f"the bag has several {kind} topics; choose one of {', '.join(chosen)}")
    return chosen[0]


def camera_rate(topics: Mapping[str, Topic], wanted: tuple[str, ...]) -> int:
    """Frames a second of the first camera among those `wanted`."""
    cameras = _chosen(topics, CAMERAS, wanted)
    stamps = topics[cameras[0]].stamps_s
    if len(stamps) < 2 or not np.median(np.diff(stamps)) > 0:
        raise DatasetError(f"{cameras[0]} has no rate of its own; give --fps")
    return max(1, round(1 / float(np.median(np.diff(stamps)))))


def _camera_key(topic: str) -> str:
    parts = [part for part in topic.strip("/").split("/") if part not in _PLUMBING]
    return CAMERA_PREFIX + ("_".join(parts) or "camera")
