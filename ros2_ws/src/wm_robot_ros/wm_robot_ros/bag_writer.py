"""A bag in MCAP, written by rosbag2."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wm_robot.core.errors import WmrError

PACKAGES = "apt install ros-$ROS_DISTRO-rosbag2-py ros-$ROS_DISTRO-rosbag2-storage-mcap"


class BagWriter:
    """`bag_recorder.Bag` over rosbag2_py. Nothing is kept back: what was written survives the process.

    Args:
        folder: new.
        types: of the messages of each topic.

    Raises:
        WmrError: rosbag2 or its MCAP storage is not installed, or the bag cannot be begun.
    """

    def __init__(self, folder: Path, types: Mapping[str, str]) -> None:
        try:
            import rosbag2_py  # noqa: PLC0415  (only who records needs it)
        except ImportError as error:
            raise WmrError(f"recording needs rosbag2_py ({error}): {PACKAGES}") from error
        self._writer: Any = rosbag2_py.SequentialWriter()
        try:
            self._writer.open(
                rosbag2_py.StorageOptions(uri=str(folder), storage_id="mcap", max_cache_size=0),
                rosbag2_py.ConverterOptions("", ""),
            )
            for topic, kind in types.items():
                self._writer.create_topic(_described(rosbag2_py, topic, kind))
        except RuntimeError as error:
            raise WmrError(
                f"cannot begin the bag {folder}: {error}; is its storage there? {PACKAGES}"
            ) from error

    def write(self, topic: str, serialized: bytes, now_ns: int) -> None:
        """Raises WmrError where the bag takes no more."""
        try:
            self._writer.write(topic, serialized, now_ns)
        except RuntimeError as error:
            raise WmrError(str(error)) from error

    def close(self) -> None:
        """Write the index and metadata.yaml."""
        self._writer.close()
        self._writer = None


def _described(rosbag2_py: Any, topic: str, kind: str) -> Any:
    return rosbag2_py.TopicMetadata(id=0, name=topic, type=kind, serialization_format="cdr")
