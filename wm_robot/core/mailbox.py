"""The newest message of one process, for others on this machine: no waiting, whoever is killed when."""

import mmap
import struct
from pathlib import Path
from typing import Self
from zlib import crc32

from wm_robot.core.errors import WmrError

_HEADER = struct.Struct("<QIIq")  # count, length, checksum, stamp
_SEED = struct.Struct("<Qq")


class Mailbox:
    """A file mapped into memory that holds one message: a new one replaces it.

    A message is valid when its checksum fits. A reader that meets a writer at work, or the remains of one
    that was killed at work, sees no new message; it never waits and never gets half of one.

    Args:
        path: of the file.
        size: largest message, bytes, to make the mailbox; 0 opens one that is there. One process
            writes it.

    Raises:
        FileNotFoundError: nobody has made it.
    """

    def __init__(self, path: Path, size: int = 0) -> None:
        self.path = path
        if size:
            path.unlink(missing_ok=True)  # readers of an older one keep theirs
            path.touch(mode=0o600)
        with open(path, "r+b") as file:
            if size:
                file.truncate(_HEADER.size + size)
            self._memory = mmap.mmap(file.fileno(), 0)
        self._count: int = _HEADER.unpack_from(self._memory, 0)[0]  # a new writer counts on
        self._seen = 0

    def write(self, message: bytes, stamp_ns: int) -> None:
        """Replace the message.

        Raises:
            WmrError: it is longer than the mailbox.
        """
        room = len(self._memory) - _HEADER.size
        if len(message) > room:
            raise WmrError(f"a message of {len(message)} bytes; {self.path} holds {room} at most")
        self._count = (self._count + 1) % 2**64
        checksum = _checksum(self._count, stamp_ns, message)
        self._memory[_HEADER.size : _HEADER.size + len(message)] = message
        _HEADER.pack_into(self._memory, 0, self._count, len(message), checksum, stamp_ns)

    def read(self) -> tuple[bytes, int] | None:
        """The message and its stamp where it is another than the last one read, else None."""
        count, length, checksum, stamp_ns = _HEADER.unpack_from(self._memory, 0)
        if count == self._seen or _HEADER.size + length > len(self._memory):
            return None
        message = self._memory[_HEADER.size : _HEADER.size + length]
        if _checksum(count, stamp_ns, message) != checksum:
            return None
        self._seen = count
        return message, stamp_ns

    def close(self) -> None:
        self._memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _checksum(count: int, stamp_ns: int, message: bytes) -> int:
    return crc32(message, crc32(_SEED.pack(count, stamp_ns)))
