"""The state of a running simulation in shared memory: one process writes, any other reads.

A file in memory holds a seqlock: a counter that is odd while the record after it is being written. A
reader copies the record and keeps the copy if the counter was even and is unchanged; the record's
checksum covers processors that reorder writes. The writer never waits for a reader. It holds a lock on
the file as long as it lives, so that a file left behind by a killed one is known as such.

    counter u64 | crc32 u64 | sizes u64, u64 | description, JSON | stamp_ns i64, seed i64, state f64[n]
"""

import fcntl
import json
import mmap
import os
import re
import tempfile
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import DriverError, WmrError

HEAD_BYTES = 32
NUMBERS_BYTES = 16
DEAD_S = 0.5
"""A write takes microseconds, unless a crowded machine suspends the writer in the middle of it."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A simulation at one instant.

    Args:
        sequence: grows with each publication.
        stamp_ns: the instant, on the simulation's clock.
        seed: of the episode.
        state: complete MuJoCo state (n,), as `saved_state.get_state` gives it.
    """

    sequence: int
    stamp_ns: int
    seed: int
    state: FloatArray


class StateWriter:
    """Publishes the states of the simulation called `name`.

    Args:
        name: letters, digits, "_", "-" and ".".
        description: what readers need to build the same scene.
        state_size: numbers in a state.

    Raises:
        DriverError: a simulation of that name is running.
    """

    def __init__(self, name: str, description: Mapping[str, str], state_size: int) -> None:
        self._path = _path(name)
        if _is_written(self._path):
            raise DriverError(f"a simulation named {name!r} is running; stop it or choose another name")
        text = json.dumps(description).encode()
        text += b" " * (-len(text) % 8)
        record_bytes = NUMBERS_BYTES + 8 * state_size
        # Readers of a predecessor keep its file; the new one appears under the name once it is whole.
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        self._file = open(temporary, "w+b", opener=lambda path, flags: os.open(path, flags, 0o600))  # noqa: SIM115
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._file.truncate(HEAD_BYTES + len(text) + record_bytes)
        memory = mmap.mmap(self._file.fileno(), 0)
        memory[HEAD_BYTES : HEAD_BYTES + len(text)] = text
        self._head = np.frombuffer(memory, np.uint64, 4)
        self._head[2:] = len(text), record_bytes
        start = HEAD_BYTES + len(text)
        self._record = memoryview(memory)[start:]
        self._numbers = np.frombuffer(memory, np.int64, 2, start)
        self._state = np.frombuffer(memory, np.float64, state_size, start + NUMBERS_BYTES)
        self._publications = 0
        os.replace(temporary, self._path)

    def publish(self, stamp_ns: int, seed: int, state: FloatArray) -> None:
        """Replace the published state by `state` (n,)."""
        self._publications += 1
        self._head[0] = 2 * self._publications - 1
        self._numbers[:] = stamp_ns, seed
        self._state[:] = state
        self._head[1] = zlib.crc32(self._record)
        self._head[0] = 2 * self._publications

    def close(self) -> None:
        """Take the name away; readers keep the last state that they can see."""
        self._path.unlink(missing_ok=True)
        self._file.close()


class StateReader:
    """Reads the states of the simulation called `name`.

    Raises:
        DriverError: no such simulation is running; which are.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        path = _path(name)
        if not _is_written(path):
            raise DriverError(
                f"no simulation named {name!r} is running (running: {', '.join(_running()) or 'none'}); "
                "connect the sim driver first"
            )
        with open(path, "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._head = np.frombuffer(memory, np.uint64, 4)
        text_bytes = int(self._head[2])
        self.description: dict[str, str] = json.loads(memory[HEAD_BYTES : HEAD_BYTES + text_bytes])
        self._record = memoryview(memory)[HEAD_BYTES + text_bytes :]

    def read(self) -> Snapshot:
        """The newest state; of a dead simulation, the last one.

        Raises:
            DriverError: the simulation died in the middle of writing one.
        """
        given_up_at = time.monotonic() + DEAD_S
        while True:
            sequence = int(self._head[0])
            if sequence % 2 == 0:
                record, checksum = bytes(self._record), int(self._head[1])
                if int(self._head[0]) == sequence and zlib.crc32(record) == checksum:
                    stamp_ns, seed = np.frombuffer(record, np.int64, 2).tolist()
                    state = np.frombuffer(record, np.float64, offset=NUMBERS_BYTES)
                    return Snapshot(sequence=sequence, stamp_ns=stamp_ns, seed=seed, state=state)
            if time.monotonic() > given_up_at:
                raise DriverError(
                    f"simulation {self._name!r} died while it wrote its state; connect the sim driver again"
                )
            time.sleep(1e-4)


def _path(name: str) -> Path:
    if not re.fullmatch(r"[\w.-]+", name):
        raise WmrError(f"simulation name {name!r} is not valid; use letters, digits, '_', '-' and '.'")
    return _folder() / f"{_prefix()}{name}"


def _folder() -> Path:
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else Path(tempfile.gettempdir())


def _prefix() -> str:
    return f"wm_sim_{os.getuid()}_"


def _running() -> list[str]:
    paths = sorted(_folder().glob(f"{_prefix()}*"))
    return [path.name.removeprefix(_prefix()) for path in paths if _is_written(path)]


def _is_written(path: Path) -> bool:
    """Whether a living writer holds `path`."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
