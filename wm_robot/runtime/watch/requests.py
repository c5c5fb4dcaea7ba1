"""What a page may ask of a running planner; each is carried out between two control periods."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.core.types import Goal
from wm_robot.planners.planning import PlanningConfig
from wm_robot.runtime.watch import codec


@dataclass(frozen=True, kw_only=True)
class Tune:
    """Plan with these settings from now on."""

    planning: PlanningConfig


@dataclass(frozen=True, kw_only=True)
class Aim:
    """Pursue this goal from now on; None for the episode's own again."""

    goal: Goal | None


@dataclass(frozen=True, kw_only=True)
class Pause:
    """Let simulated time stand still."""


@dataclass(frozen=True, kw_only=True)
class Resume:
    """Let simulated time go on."""


@dataclass(frozen=True, kw_only=True)
class StepOnce:
    """One control period, then pause."""


@dataclass(frozen=True, kw_only=True)
class SetSpeed:
    """Simulated seconds a second.

    Args:
        speed: more than 0.
    """

    speed: float


@dataclass(frozen=True, kw_only=True)
class Restart:
    """Begin another episode.

    Args:
        seed: of start and goal; None for the next one.
    """

    seed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Push:
    """Give a simulated object a velocity.

    Args:
        name: of the object.
        velocity: (3,), m/s.
    """

    name: str
    velocity: FloatArray


Request = Tune | Aim | Pause | Resume | StepOnce | SetSpeed | Restart | Push
KINDS: dict[str, type] = {
    kind.__name__: kind for kind in (Tune, Aim, Pause, Resume, StepOnce, SetSpeed, Restart, Push)
}


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A request on its way.

    Args:
        number: counts from 1.
        asked_ns: when, by this machine's steady clock.
        kind: an entry of `KINDS`.
        content: as the codec writes it.
    """

    number: int
    asked_ns: int
    kind: str
    content: NDArray[np.uint8]

    @classmethod
    def of(cls, number: int, request: Request) -> "Posted":
        content = np.frombuffer(codec.encode(request), np.uint8)
        return cls(number=number, asked_ns=time.monotonic_ns(), kind=type(request).__name__, content=content)

    @property
    def request(self) -> Request:
        """Raises WmrError for one that cannot be read."""
        if self.kind not in KINDS:
            raise WmrError(f"a planner knows no request {self.kind!r}; valid: {', '.join(KINDS)}")
        return codec.decode(KINDS[self.kind], self.content.tobytes())


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """Requests that are not answered yet, oldest first; a mailbox holds one message, so all are in it."""

    posted: tuple[Posted, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a request.

    Args:
        number: of the request.
        error: why it was not carried out, "" where it was.
    """

    number: int
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The newest answers, oldest first."""

    answers: tuple[Answer, ...] = ()
