"""What a worker process of a collection run does: run an episode, encode it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wm_robot.core.protocols import Environment, Shiftable, StartsAtGoal
from wm_robot.core.seeding import derive_seed, rng
from wm_robot.core.types import Observation
from wm_robot.core.version import commit
from wm_robot.data.episode import EncodedEpisode, encode_episode
from wm_robot.data.features import ACTION, CAMERA_PREFIX, PRIVILEGED, STATE, Feature, camera, vector
from wm_robot.data.provenance import Provenance
from wm_robot.runtime.collect_config import CollectConfig
from wm_robot.runtime.worker_processes import obey_parent

EVERY_LOOK = "everything"
"""The shift under which episodes with a look of their own are recorded."""

STARTS_AT_GOAL = 0.5
"""Share of the episodes that start at their goal, where exploration would seldom come by one."""

MakeEnvironment = Callable[[CollectConfig], Environment]
"""Makes the environment inside a worker; a module-level function, so that it can be sent there."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """What the dataset of an environment holds."""

    features: dict[str, Feature]
    provenance: Provenance

    @property
    def fps(self) -> int:
        return max(1, round(self.provenance.action_space.rate_hz))


_config: CollectConfig | None = None
_make: MakeEnvironment | None = None
_environment: Environment | None = None


def start(config: CollectConfig, make_environment: MakeEnvironment) -> None:
    """Prepare a worker. The environment waits for the first job, whose error the parent hears."""
    global _config, _make
    _config, _make = config, make_environment
    obey_parent()


def _ready() -> tuple[CollectConfig, Environment]:
    global _environment  # noqa: PLW0603  (a process pool has no other place for it)
    if _config is None or _make is None:
        raise RuntimeError("a worker was used before it was started")
    if _environment is None:
        _environment = _make(_config)
    return _config, _environment


def describe() -> Description:
    config, environment = _ready()
    environment.reset(derive_seed(config.seed, "collect", 0))
    observation, action = environment.observation_space, environment.action_space
    features = {CAMERA_PREFIX + name: camera(*observation.image_size) for name in observation.cameras}
    features[STATE] = vector(observation.proprio_names)
    features[ACTION] = vector(action.names)
    truth = list(environment.privileged_state())
    if truth:
        features[PRIVILEGED] = vector(truth)
    provenance = Provenance(
        environment=environment.name,
        robot=environment.robot_name,
        action_space=action,
        observation_space=observation,
        varied_looks=config.varied_looks if isinstance(environment, Shiftable) else 0.0,
        seed=config.seed,
        commit=commit(),
    )
    return Description(features=features, provenance=provenance)


def _start(environment: Environment, seed: int) -> Observation:
    if isinstance(environment, StartsAtGoal) and rng(seed, "start").random() < STARTS_AT_GOAL:
        return environment.reset_at_goal(seed)
    return environment.reset(seed)


def record(index: int, description: Description) -> EncodedEpisode:
    """Run episode `index` and encode it."""
    config, environment = _ready()
    seed = derive_seed(config.seed, "collect", index)
    if isinstance(environment, Shiftable):
        varied = rng(seed, "look").random() < config.varied_looks
        environment.set_shift(EVERY_LOOK if varied else None)
    observation = _start(environment, seed)
    policy = environment.explore(rng(seed, "explore"))
    rows: dict[str, list] = {key: [] for key in description.features}
    for _ in range(config.steps):
        for name, image in observation.images.items():
            rows[CAMERA_PREFIX + name].append(image)
        rows[STATE].append(observation.proprio)
        if PRIVILEGED in rows:
            rows[PRIVILEGED].append(list(environment.privileged_state().values()))
        result = environment.step(policy())
        rows[ACTION].append(result.executed)
        observation = result.observation
    frames = {key: np.stack([np.asarray(value) for value in values]) for key, values in rows.items()}
    return encode_episode(frames, description.features, fps=description.fps, task=environment.name, seed=seed)
