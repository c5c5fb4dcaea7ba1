"""Messages of a flight log: dataclasses as JSON that brings every number back bit for bit.

JSON rather than a binary form: Foxglove plots it and `mcap cat --json` prints it without a plugin or a
message compiler, and the `repr` that Python writes of a float reads back as the same float. A control
cycle of a 7-joint arm takes 1.7 kB, which zstd more than halves.

What plain JSON cannot say follows the JSON mapping of Protocol Buffers: NaN and infinities are the
strings "NaN", "Infinity" and "-Infinity" where a number belongs, and a field that is None is left out.
Sign and payload of a NaN are lost; nothing else is.
"""

import json
from math import inf, isfinite
from typing import Any, Generic, TypeVar

from wm_robot.core.errors import WmrError
from wm_robot.data.flight.codec import codec

T = TypeVar("T")


class MessageType(Generic[T]):
    """A dataclass as a kind of message.

    Args:
        cls: a dataclass; `codec` says of which fields.

    Raises:
        WmrError: a field that cannot be logged.
    """

    def __init__(self, cls: type[T]) -> None:
        self.name = f"wm_robot.{cls.__name__}"
        self._codec = codec(cls)
        self._json = json.JSONEncoder(allow_nan=False, separators=(",", ":"))

    @property
    def schema(self) -> bytes:
        """JSON Schema of the encoded messages."""
        return json.dumps({"title": self.name, **self._codec.schema}).encode()

    def plain(self, message: T) -> dict[str, Any]:
        """The message as dicts, lists and numbers; NaN and infinities are floats still.

        Raises:
            WmrError: the message does not hold what its annotations say, with the field at fault.
        """
        return self._codec.to_plain(message)

    def encode(self, message: T) -> bytes:
        """Equal bytes if and only if the messages are equal bit for bit, one NaN being like another.

        Raises:
            WmrError: as `plain`.
        """
        return self.encode_plain(self.plain(message))

    def encode_plain(self, plain: dict[str, Any]) -> bytes:
        """`encode` of the message that `plain` was made of: by far the longer part of the work."""
        try:
            text = self._json.encode(plain)
        except ValueError:  # NaN or infinity: rare enough to look for them only now
            text = self._json.encode(_with_names(plain))
        return text.encode("ascii")

    def decode(self, data: bytes) -> T:
        """The message that `encode` made `data` of; a field that is missing takes its default.

        Raises:
            WmrError: not such a message; another version of this program may have written it.
        """
        try:
            return self._codec.from_plain(json.loads(data))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise WmrError(
                f"no {self.name} of this version: {error}; read the log with the version that wrote it"
            ) from error


def _with_names(plain: Any) -> Any:
    """`plain` with names in place of the floats that JSON has no numbers for."""
    if isinstance(plain, dict):
        return {key: _with_names(value) for key, value in plain.items()}
    if isinstance(plain, list):
        return [_with_names(value) for value in plain]
    if isinstance(plain, float) and not isfinite(plain):
        return {inf: "Infinity", -inf: "-Infinity"}.get(plain, "NaN")
    return plain
