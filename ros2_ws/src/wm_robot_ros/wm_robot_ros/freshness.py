"""Whether topics are there and fresh, in words; needs no ROS."""

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from wm_robot_ros.ros_time import SECOND_NS

OTHER_CLOCK_S = 3600.0
"""A stamp that is further away than this is on another clock."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A topic that shall be there.

    Args:
        topic: full name.
        type: such as "sensor_msgs/msg/JointState"; empty where any will do.
        streams: whether messages come all the time.
    """

    topic: str
    type: str = ""
    streams: bool = True


class Freshness:
    """Remembers the newest stamp of each topic, and says what is wrong.

    Args:
        topics: all that is expected.
        limit_s: greatest age of a stream's newest message, by its stamp.
    """

    def __init__(self, topics: Iterable[Expected], limit_s: float) -> None:
        self._topics, self._limit_s = list(topics), limit_s
        self._newest_ns: dict[str, int] = {}

    def saw(self, topic: str, stamp_ns: int) -> None:
        """A message of `topic` came; `stamp_ns` is ROS time of its header, or of its arrival."""
        self._newest_ns[topic] = stamp_ns

    def problems(self, now_ns: int, published: Mapping[str, Collection[str]]) -> dict[str, str]:
        """What is wrong, by topic.

        Args:
            now_ns: ROS time.
            published: the types of the publishers of each topic; a topic without any may be left out.
        """
        found: dict[str, str] = {}
        for one in self._topics:
            words = _wrong_publishers(one.type, published.get(one.topic, ()))
            if not words and one.streams:
                words = self._wrong_age(one.topic, now_ns)
            if words:
                found[one.topic] = words
        return found

    def _wrong_age(self, topic: str, now_ns: int) -> str:
        if topic not in self._newest_ns:
            return "has a publisher, but no message has come"
        age_s = (now_ns - self._newest_ns[topic]) / SECOND_NS
        if abs(age_s) > OTHER_CLOCK_S:
            return (
                "is stamped by another clock; compare use_sim_time here and there, and the machines' clocks"
            )
        if age_s > self._limit_s:
            return f"is stale: its newest message is {age_s:.2f} s old; valid: at most {self._limit_s:g} s"
        if age_s < -self._limit_s:
            return f"is stamped {-age_s:.2f} s ahead; synchronise the machines' clocks"
        return ""


def _wrong_publishers(valid: str, types: Collection[str]) -> str:
    if not types:
        return "is published by nobody"
    if valid and set(types) != {valid}:
        return f"has the type {', '.join(sorted(types))}; valid: {valid}"
    if len(types) > 1:
        return f"has the types {', '.join(sorted(types))}; valid: one for all publishers"
    return ""


def in_words(problems: Mapping[str, str]) -> str:
    """One sentence for all that is wrong."""
    return "; ".join(f"{topic} {words}" for topic, words in problems.items())


def stamp_ns(serialized: bytes) -> int:
    """Stamp of a serialized message whose first field is a std_msgs/Header; 0 where it says nothing."""
    order = "<" if serialized[1] & 1 else ">"  # the last bit of the encapsulation's identifier
    sec, nanosec = struct.unpack_from(f"{order}iI", serialized, 4)
    return sec * SECOND_NS + nanosec
