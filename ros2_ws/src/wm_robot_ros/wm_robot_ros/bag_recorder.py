"""Bags that begin when everything is fresh, and end in order; needs no ROS."""

import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Protocol

from wm_robot.core.errors import WmrError
from wm_robot_ros.diagnostics import Diagnosis
from wm_robot_ros.freshness import Expected, Freshness, in_words
from wm_robot_ros.recorder_settings import RecorderSettings

GB = 1_000_000_000


class Bag(Protocol):
    """A bag that is being written."""

    def write(self, topic: str, serialized: bytes, now_ns: int) -> None: ...

    def close(self) -> None: ...


class BagRecorder:
    """Starts, fills, watches and ends bags; its methods may be called from several threads.

    Args:
        settings: what to record, and where.
        open_bag: begins a bag in a new folder, with the type of each topic; raises WmrError.
        warn: told what begins to be wrong with a recording.
    """

    def __init__(
        self,
        settings: RecorderSettings,
        open_bag: Callable[[Path, Mapping[str, str]], Bag],
        warn: Callable[[str], None],
    ) -> None:
        self._settings, self._open_bag, self._warn = settings, open_bag, warn
        self.topics: list[Expected] = settings.expected()
        self._freshness = Freshness(self.topics, settings.freshness_s)
        self._lock = threading.RLock()
        self._bag: Bag | None = None
        self._folder = settings.folder
        self._messages, self._began_s = 0, 0.0
        self._told: dict[str, str] = {}
        self._ended = ""

    @property
    def recording(self) -> bool:
        return self._bag is not None

    def take(self, topic: str, serialized: bytes, stamp_ns: int, now_ns: int) -> None:
        """A message came."""
        with self._lock:
            self._freshness.saw(topic, stamp_ns)
            if self._bag is None:
                return
            try:
                self._bag.write(topic, serialized, now_ns)
                self._messages += 1
            except WmrError as error:
                self._give_up(str(error))

    def start(self, now_ns: int, published: Mapping[str, Collection[str]]) -> str:
        """Begin a bag; where it is.

        Args:
            now_ns: ROS time.
            published: as for `Freshness.problems`.

        Raises:
            WmrError: one is being written, something is missing or stale, or there is no room.
        """
        with self._lock:
            if self._bag is not None:
                raise WmrError(f"{self._folder} is being recorded; stop it first")
            if problems := self._freshness.problems(now_ns, published):
                raise WmrError(f"nothing is recorded: {in_words(problems)}")
            folder = self._settings.folder / time.strftime("%Y-%m-%dT%H-%M-%S")
            if folder.exists():
                raise WmrError(f"{folder} exists already; start again in a second")
            try:
                folder.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise WmrError(f"bags cannot be kept in {folder.parent}: {error.strerror}") from error
            if full := self._full():
                raise WmrError(f"nothing is recorded: {full}")
            types = {topic: next(iter(published[topic])) for topic in (one.topic for one in self.topics)}
            self._bag = self._open_bag(folder, types)
            self._folder, self._messages, self._began_s = folder, 0, time.monotonic()
            self._told, self._ended = {}, ""
            return f"recording {folder}"

    def stop(self) -> str:
        """End the bag; what is in it.

        Raises:
            WmrError: none is being written.
        """
        with self._lock:
            if self._bag is None:
                raise WmrError(f"nothing is being recorded{self._ended}")
            bag, self._bag = self._bag, None
            bag.close()
            duration_s = time.monotonic() - self._began_s
            return (
                f"{self._folder}: {self._messages} messages in {duration_s:.1f} s; as a dataset: "
                f"wmr data import {self._folder} --output FOLDER"
            )

    def look(self, now_ns: int, published: Mapping[str, Collection[str]]) -> Diagnosis:
        """How it goes; ends a bag for which there is no room any more. Arguments as for `start`."""
        with self._lock:
            problems = self._freshness.problems(now_ns, published)
            if self._bag is None:
                if problems:
                    return Diagnosis(
                        level="WARN", message=f"cannot record: {in_words(problems)}{self._ended}"
                    )
                return Diagnosis(level="OK", message=f"ready to record{self._ended}")
            if full := self._full():
                self._give_up(full)
                return Diagnosis(level="ERROR", message=f"recording ended: {full}")
            if new := {topic: words for topic, words in problems.items() if topic not in self._told}:
                self._warn(f"recording goes on, but {in_words(new)}")
            self._told = problems
            values = {"bag": self._folder, "messages": self._messages}
            if problems:
                return Diagnosis(level="ERROR", message=f"recording, but {in_words(problems)}", values=values)
            return Diagnosis(level="OK", message="recording", values=values)

    def _give_up(self, why: str) -> None:
        self._ended = f"; the last recording was ended: {why}"
        self._warn(f"{self.stop()}; ended: {why}")

    def _full(self) -> str:
        folder, needed = self._settings.folder, self._settings.min_free_gb
        free = shutil.disk_usage(folder).free / GB
        return f"{free:.2f} GB are free in {folder}; valid: at least {needed:g} GB" if free < needed else ""
