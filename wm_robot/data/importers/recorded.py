"""Bags of the planner's own topics: each goal becomes the episode that `runtime.recorder` would write."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.errors import DatasetError
from wm_robot.core.types import Image
from wm_robot.data.bag_episode import TOPIC, BagEpisode
from wm_robot.data.features import ACTION, CAMERA_PREFIX, STATE
from wm_robot.data.frames import fitted
from wm_robot.data.importers.bag_file import BagFile, BagMessage
from wm_robot.data.importers.ros_messages import CAMERAS, TWIST
from wm_robot.data.ros_pictures import PictureError, decode

TEXT = "std_msgs/msg/String"
POINT = "geometry_msgs/msg/PointStamped"

PAUSE = 1.75
"""Control periods from one observation to the next after which one is missing: stamps are those of pictures,
which come at a rhythm of their own."""

SAME_NS = 1_000_000
"""By which a control period's stamp may differ from that of the first camera's picture that it is made from:
where one was seen twice, the later period counts on by nanoseconds."""


@dataclass(kw_only=True)
class Pursuit:
    """What a bag holds of one goal.

    Args:
        says: where it comes from.
        executed, observed: coordinates (3,) by stamp, ns: m/s and m.
    """

    says: BagEpisode
    executed: dict[int, NDArray] = field(default_factory=dict)
    observed: dict[int, NDArray] = field(default_factory=dict)

    @property
    def stamps_ns(self) -> list[int]:
        """Of the control periods that are there as a whole, but for pictures."""
        return sorted(self.executed.keys() & self.observed.keys())

    def take(self, message: BagMessage) -> None:
        if message.topic == self.says.executed:
            self.executed[message.stamp_ns] = _coordinates(message.content.twist.linear)
        elif message.topic == self.says.observed:
            self.observed[message.stamp_ns] = _coordinates(message.content.point)


def read_pursuits(bag: BagFile) -> list[Pursuit]:
    """The goals in `bag`, in their order; none where the bag is of other topics.

    Raises:
        DatasetError: no MCAP file, a damaged one, or the goals of several arms.
    """
    found: list[Pursuit] = []
    arms: set[str] = set()
    for message in bag.messages(_is_of_interest):
        if message.type == TEXT:
            arms.add(message.topic)
            found.append(Pursuit(says=BagEpisode.from_text(message.content.data)))
        elif found:
            found[-1].take(message)
    if len(arms) > 1:
        raise DatasetError(f"{bag.path} holds several arms ({', '.join(sorted(arms))}); record one a bag")
    return found


def read_episodes(bag: BagFile, pursuits: list[Pursuit]) -> Iterator[tuple[BagEpisode, dict[str, NDArray]]]:
    """Where each episode comes from, and its frames (T, ...) by feature.

    A pursuit is cut where a control period, or a picture of it, is missing.

    Args:
        bag: that holds the pictures.
        pursuits: `read_pursuits` of it.

    Raises:
        DatasetError: a picture cannot be decoded.
    """
    albums = [_Album(pursuit) for pursuit in pursuits]
    topics = {topic for pursuit in pursuits for topic in pursuit.says.pictures}
    for message in bag.messages(lambda topic, kind: topic in topics and kind in CAMERAS):
        for album in albums:
            try:
                album.look(message)
            except PictureError as error:
                raise DatasetError(f"{bag.path}: {message.topic}: {error}") from error
    for album in albums:
        for rows in album.unbroken():
            yield album.pursuit.says, album.frames(rows)


class _Album:
    """The pictures of a pursuit.

    Of the first camera the one that bears an observation's stamp, of each other camera the nearest to it.
    """

    def __init__(self, pursuit: Pursuit) -> None:
        says = pursuit.says
        self.pursuit, self._period_ns = pursuit, 1e9 * says.provenance.action_space.dt_s
        self._stamps_ns = np.array(pursuit.stamps_ns, np.int64)  # (T,)
        self._pictures: dict[str, list[Image | None]] = {
            topic: [None] * len(self._stamps_ns) for topic in says.pictures
        }
        first, *others = says.pictures
        limits_ns = {first: SAME_NS, **dict.fromkeys(others, self._period_ns / 2)}
        self._away_ns = {topic: np.full(len(self._stamps_ns), limit) for topic, limit in limits_ns.items()}

    def look(self, message: BagMessage) -> None:
        if message.topic not in self._pictures:
            return
        away_ns = np.abs(self._stamps_ns - message.stamp_ns)
        rows = np.flatnonzero(away_ns < self._away_ns[message.topic])
        if not len(rows):
            return
        image = fitted(decode(message.content), *self.pursuit.says.provenance.observation_space.image_size)
        self._away_ns[message.topic][rows] = away_ns[rows]
        for row in rows:
            self._pictures[message.topic][row] = image

    def unbroken(self) -> list[list[int]]:
        """Rows that follow each other."""
        runs: list[list[int]] = []
        for row, stamp_ns in enumerate(self._stamps_ns):
            if any(pictures[row] is None for pictures in self._pictures.values()):
                continue
            last = runs[-1][-1] if runs else -2
            if last == row - 1 and stamp_ns - self._stamps_ns[last] < PAUSE * self._period_ns:
                runs[-1].append(row)
            else:
                runs.append([row])
        return runs

    def frames(self, rows: list[int]) -> dict[str, NDArray]:
        source, says = self.pursuit.says.provenance, self.pursuit.says
        stamps_ns = self._stamps_ns[rows].tolist()
        state = np.stack([self.pursuit.observed[stamp] for stamp in stamps_ns])  # (T, 3)
        action = np.stack([self.pursuit.executed[stamp] for stamp in stamps_ns]) * source.action_space.dt_s
        columns: dict[str, NDArray] = {
            CAMERA_PREFIX + camera: np.stack([self._pictures[topic][row] for row in rows])  # type: ignore[misc]
            for camera, topic in zip(source.observation_space.cameras, says.pictures, strict=True)
        }
        columns[STATE] = state[:, _axes(source.observation_space.proprio_names)].astype(np.float32)
        columns[ACTION] = action[:, _axes(source.action_space.names)].astype(np.float32)
        return columns


def _axes(names: tuple[str, ...]) -> list[int]:
    """Which of x, y, z names such as "dx" and "ee_y" are of."""
    return ["xyz".index(name[-1]) for name in names]


def _coordinates(vector: object) -> NDArray[np.float64]:
    return np.array([getattr(vector, axis) for axis in "xyz"])


def _is_of_interest(topic: str, kind: str) -> bool:
    return kind in (TWIST, POINT) or (kind == TEXT and f"/{topic.lstrip('/')}".endswith(f"/{TOPIC}"))
