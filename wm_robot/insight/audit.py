"""Who changed what when: a file that only grows."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import to_json

AUDIT = "audit.jsonl"
"""The file's name, in a folder of presets."""

NOT_BEFORE = ""
"""What was before something that is done, not changed."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One setting that somebody changed, or something else that somebody did.

    Args:
        when: UTC, ISO 8601.
        who: did it, such as "browser 127.0.0.1".
        field: dotted name of the setting, or what was done, such as "goal".
        before, after: its values as JSON has them; NOT_BEFORE and how it was done or what came of it.
    """

    when: str
    who: str
    field: str
    before: Any
    after: Any


class AuditLog:
    """A file of one JSON object a line.

    Each change is one write to the end of the file, synced before `add` returns, so it outlives whoever is
    killed next. A line that was cut short is skipped and counted; what follows it begins on its own line.

    Args:
        path: of the file; it and its folder are made with the first change.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, who: str, changes: Mapping[str, tuple[Any, Any]]) -> None:
        """Note changes: values before and after by the name of the setting.

        Raises:
            WmrError: the file cannot be written; the change must not be made then.
        """
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        lines = [
            json.dumps(
                to_json(Change(when=when, who=who, field=field, before=before, after=after)),
                ensure_ascii=False,
                default=str,
            )
            for field, (before, after) in changes.items()
        ]
        if not lines:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                cut_short = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
                os.write(descriptor, ("\n" * cut_short + "\n".join(lines) + "\n").encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise WmrError(f"cannot note the change in {self.path}: {error}; nothing was changed") from error

    def read(self) -> tuple[list[Change], int]:
        """All changes, oldest first, and how many lines are none; no file has no changes.

        Raises:
            WmrError: the file is there and cannot be read.
        """
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return [], 0
        except OSError as error:
            raise WmrError(f"cannot read {self.path}: {error}") from error
        changes = []
        for line in lines:
            with suppress(ValueError, TypeError):  # no JSON, no object, or one of other fields
                changes.append(Change(**json.loads(line)))
        return changes, len(lines) - len(changes)
