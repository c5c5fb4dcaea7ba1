"""One line of a check."""

from dataclasses import dataclass
from enum import StrEnum

from wm_robot.core.errors import WmrError


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It can run, and something is not as it should be."""
    PROBLEM = "problem"
    """It will not start, or will soon be stopped."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was looked at, and what to do about it.

    Args:
        name: what was looked at.
        level: how it is.
        detail: what was found, with figures.
        advice: the next step; "" where it is ok.
    """

    name: str
    level: Level
    detail: str
    advice: str = ""


def failed(name: str, error: WmrError) -> Finding:
    """A problem out of an error, whose text after the first semicolon says what to do."""
    detail, _, advice = str(error).partition("; ")
    return Finding(
        name=name, level=Level.PROBLEM, detail=detail, advice=advice or "mend that, then check again"
    )


def judged(name: str, detail: str, *wrong: tuple[bool, Level, str]) -> Finding:
    """A finding whose level and advice are those of the first of `wrong` that holds; ok if none does."""
    for holds, level, advice in wrong:
        if holds:
            return Finding(name=name, level=level, detail=detail, advice=advice)
    return Finding(name=name, level=Level.OK, detail=detail)
