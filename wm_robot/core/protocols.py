"""The seams of the system: what each part may ask of the next.

A part implements a protocol by having its methods; nothing inherits from these classes.
"""

from typing import Protocol, Self, runtime_checkable

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.core.types import (
    ActionChunk,
    Frame,
    Goal,
    JointCommand,
    JointState,
    Observation,
    Score,
    StepResult,
)


class Robot(Protocol):
    """An arm that can be read and commanded at joint level; real, simulated or fake.

    `with robot:` connects, and in the end stops and disconnects, whatever happened in between.
    """

    @property
    def joint_names(self) -> tuple[str, ...]: ...

    def connect(self) -> None:
        """Open the connection. Nothing moves.

        Raises:
            DriverError: nobody answers, or it is another arm; what to do about it.
            MissingDependencyError: the library that speaks to it is not installed.
        """
        ...

    def read(self) -> JointState:
        """The newest joint state; waits no longer than a control period.

        An arm that says nothing new is no error here: the state's stamp grows old, and watchdogs see it.

        Raises:
            DriverError: not connected, or the connection is lost.
        """
        ...

    def command(self, command: JointCommand) -> None:
        """Send one target of a stream of them; joints are matched by name.

        Raises:
            DriverError: not connected, or the connection is lost.
            UnknownNameError, ShapeError, NotFiniteError: not a command for these joints. Nothing is sent.
        """
        ...

    def stop(self) -> None:
        """Brake to a standstill and hold; valid in every state, and never raises."""
        ...

    def disconnect(self) -> None:
        """Close the connection; valid in every state. The arm holds its place."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


class FrameSource(Protocol):
    """A camera.

    `with camera:` connects and, in the end, disconnects.
    """

    @property
    def name(self) -> str: ...

    def connect(self) -> None:
        """Raises DriverError with what is there instead, MissingDependencyError."""
        ...

    def read(self) -> Frame:
        """The newest frame, as old as its stamp says; waits for the first one only.

        Raises:
            DriverError: not connected, or the camera is gone.
        """
        ...

    def disconnect(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


@runtime_checkable
class Recordable(Protocol):
    """What a recording must know of a robot and its task."""

    @property
    def name(self) -> str: ...

    @property
    def robot_name(self) -> str: ...

    @property
    def action_space(self) -> ActionSpace: ...

    @property
    def observation_space(self) -> ObservationSpace: ...


@runtime_checkable
class Environment(Recordable, Protocol):
    """A robot and a task that advance one control period a `step`."""

    @property
    def max_steps(self) -> int:
        """Length of an evaluation episode, control periods."""
        ...

    def reset(self, seed: int) -> Observation:
        """Start the episode that `seed` names: same seed, same start, same goal."""
        ...

    def step(self, action: FloatArray) -> StepResult: ...

    def goal(self) -> Goal:
        """The present episode's goal, as images."""
        ...

    def score(self) -> Score:
        """Privileged distance to the goal, now."""
        ...

    def privileged_state(self) -> dict[str, float]:
        """Ground truth by name (SI units), for scoring and probes only."""
        ...

    def save_state(self) -> bytes:
        """The complete state; `restore_state` continues from it bit for bit."""
        ...

    def restore_state(self, state: bytes) -> Observation: ...

    def explore(self, rng: np.random.Generator) -> "ExplorationPolicy":
        """A policy for collecting data; it may read privileged state."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Shiftable(Protocol):
    """An environment whose look can be changed."""

    def set_shift(self, shift: str | None) -> None:
        """Change the look from now on, drawn from the episode's seed; None is the nominal look."""
        ...


@runtime_checkable
class StartsAtGoal(Protocol):
    """An environment whose exploration does not find the goals by itself."""

    def reset_at_goal(self, seed: int) -> Observation:
        """Start the episode that `seed` names at its goal, for data that show what goals look like."""
        ...


@runtime_checkable
class HasOracle(Protocol):
    """An environment that a scripted policy solves."""

    def oracle(self) -> "ExplorationPolicy":
        """The best scripted policy that reads privileged state: an upper bound, no competitor."""
        ...


class ExplorationPolicy(Protocol):
    """Actions that are chosen without the world model."""

    def __call__(self) -> FloatArray:
        """The next action (nu,)."""
        ...


class Encoder(Protocol):
    """Camera images → visual latent."""

    def encode(self, images: dict[str, np.ndarray]) -> FloatArray:
        """Latent (P * D,) of one set of images (height, width, 3) uint8 by camera name."""
        ...


class Dynamics(Protocol):
    """Latent rollouts of many action sequences from one history."""

    def rollout(self, history: "LatentHistory", actions: FloatArray) -> FloatArray:
        """Latents (K, H, L) after each action of `actions` (K, H, nu)."""
        ...


class Cost(Protocol):
    """A price for each imagined future."""

    def __call__(self, latents: FloatArray, actions: FloatArray) -> FloatArray:
        """Costs (K,) of latents (K, H, L) reached by actions (K, H, nu)."""
        ...


class Controller(Protocol):
    """Task-space command → joint command."""

    def joint_target(self, q: FloatArray, p_WE: FloatArray, quat_wxyz: FloatArray) -> FloatArray:
        """Joint positions (nq,) that bring the end effector towards the pose, from `q` (nq,)."""
        ...


class ChunkSource(Protocol):
    """Anything that turns observations into stamped action chunks."""

    def plan(self, observation: Observation, goal: Goal) -> ActionChunk: ...


class LatentHistory(Protocol):
    """What a rollout starts from.

    latents: (T, L), oldest first; actions: (T - 1, nu), the ones between those latents.
    """

    latents: FloatArray
    actions: FloatArray
