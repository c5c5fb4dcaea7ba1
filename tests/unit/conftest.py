"""A point mass whose world model is exact: what a planner and a loop should do with it is known on paper."""

import numpy as np
import pytest

from wm_robot.core.seeding import rng
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.core.types import Goal, Observation, Score, StepResult
from wm_robot.kernels.query import Query
from wm_robot.kernels.reference import step_costs
from wm_robot.models.config import ModelConfig, Normalization, WorldModelConfig

ACTIONS = ActionSpace(
    kind="end_effector_delta",
    names=("dx", "dy"),
    units=("m", "m"),
    low=(-0.1, -0.1),
    high=(0.1, 0.1),
    rate_hz=10.0,
)
OBSERVATIONS = ObservationSpace(cameras=("top",), image_size=(8, 8), proprio_names=("x", "y"))


class PointMassModel:
    """Visual latent = position (2,); proprioception = position / 2; probe reads 3 x + 0.5."""

    sha256 = "cafe"

    def __init__(self, history=2):
        self.config = WorldModelConfig(
            model=ModelConfig(grid=1, token_dim=2, history=history),
            environment="point_mass",
            robot="none",
            action_space=ACTIONS,
            observation_space=OBSERVATIONS,
            proprio=Normalization(names=("x", "y"), mean=(0.0, 0.0), std=(2.0, 2.0)),
            probe=Normalization(names=("shadow",), mean=(0.5,), std=(2.0,)),
        )
        self.action_space, self.observation_space, self.history = ACTIONS, OBSERVATIONS, history

    def encode(self, observation):
        return np.concatenate([observation.proprio, observation.proprio / 2])  # (4,)

    def encode_goal(self, goal):
        return goal.latent

    def read_proprio(self, visual):
        return visual / 2

    def slow_feature_map(self):
        return np.diag([2.0, 1.0])

    def probe_arrays(self):
        # shadow = 3 x + 0.5, normalised (3 x) / 2.
        return {"weight": np.array([[1.5, 0.0]]), "bias": np.array([0.0])}

    def predictor_arrays(self):
        return {}

    def distance_arrays(self):
        return {}


class PointMassBackend:
    """x_{t+1} = x_t + 0.1 a_t with normalised a_t, exactly as the environment moves."""

    predictor = type("Predictor", (), {"latent": 4, "nu": 2})

    def rollout(self, latents, past_actions, actions):
        position = np.asarray(latents)[-1, :2] + 0.1 * np.cumsum(actions, axis=1)  # (K, H, 2)
        return np.concatenate([position, position / 2], axis=-1)  # (K, H, 4)

    def costs(self, latents, past_actions, actions, terms):
        query = Query(latents=latents, past_actions=past_actions, actions=actions)
        imagined = self.rollout(latents, past_actions, actions)
        return sum(step_costs(term, imagined, query) @ term.step_weights for term in terms)


class PointMass:
    """Environment: a point that moves by each action, 1 m square, success within 2 cm."""

    name, robot_name, max_steps = "point_mass", "none", 20
    action_space, observation_space = ACTIONS, OBSERVATIONS

    def __init__(self):
        self.position, self.target, self.step_index, self.closed = np.zeros(2), np.zeros(2), 0, False

    def reset(self, seed):
        generator = rng(seed, "point mass")
        self.position = generator.uniform(-0.5, -0.2, 2)
        self.target = generator.uniform(0.2, 0.5, 2)
        self.step_index = 0
        return self.observe()

    def observe(self):
        image = np.zeros((8, 8, 3), np.uint8)
        return Observation(
            stamp_ns=self.step_index * 100_000_000, images={"top": image}, proprio=self.position.copy()
        )

    def step(self, action):
        executed = ACTIONS.clip(action)
        self.position = self.position + executed
        self.step_index += 1
        return StepResult(observation=self.observe(), executed=executed)

    def goal(self):
        return Goal(latent=self.target.copy())

    def score(self):
        error = float(np.linalg.norm(self.position - self.target))
        return Score(
            error=error, unit="m", success=error < 0.02, details={"success_4cm": float(error < 0.04)}
        )

    def privileged_state(self):
        return {"x": float(self.position[0]), "y": float(self.position[1])}

    def save_state(self):
        return np.array([*self.position, *self.target, self.step_index]).tobytes()

    def restore_state(self, state):
        values = np.frombuffer(state)
        self.position, self.target, self.step_index = values[:2].copy(), values[2:4].copy(), int(values[4])
        return self.observe()

    def explore(self, generator):
        return lambda: generator.uniform(ACTIONS.low, ACTIONS.high)

    def oracle(self):
        return lambda: np.clip(self.target - self.position, -0.1, 0.1)

    def close(self):
        self.closed = True


@pytest.fixture
def point_mass():
    return PointMass()


@pytest.fixture
def point_mass_model():
    return PointMassModel()


@pytest.fixture
def point_mass_backend():
    return PointMassBackend()
