"""What every registered cost must do."""

import numpy as np
import pytest

from wm_robot.core.seeding import rng
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.core.types import Goal
from wm_robot.kernels.reference import ReferenceBackend
from wm_robot.models.config import ModelConfig, Normalization, WorldModelConfig
from wm_robot.models.world_model import WorldModel
from wm_robot.planners.costs import COSTS
from wm_robot.planners.costs.latent_goal import LatentGoal
from wm_robot.planners.costs.pose import Pose
from wm_robot.planners.objective import LatentObjective, goal_terms


@pytest.fixture(scope="module")
def model():
    normalization = Normalization(names=("x", "y"), mean=(0.1, 0.2), std=(0.3, 0.4))
    return WorldModel(
        WorldModelConfig(
            model=ModelConfig(
                grid=2, token_dim=4, encoder_width=8, width=16, blocks=1, action_embed=4, distance_width=8
            ),
            environment="none",
            robot="none",
            action_space=ActionSpace(
                kind="native", names=("a",), units=("1",), low=(-1,), high=(1,), rate_hz=5
            ),
            observation_space=ObservationSpace(
                cameras=("top",), image_size=(64, 64), proprio_names=("x", "y")
            ),
            proprio=normalization,
            probe=Normalization(names=("object_x",), mean=(0.0,), std=(1.0,)),
        )
    )


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("name", sorted(COSTS))
def test_a_cost_with_default_settings_prices_futures_of_a_real_model(name, horizon, model):
    goal_reader, goal = LatentGoal(metric="flat"), Goal(latent=np.ones(16, np.float32))
    if name == "pose":
        goal_reader, goal = Pose(), Goal(pose={"x": 0.3, "object_x": -0.1})
    terms = goal_terms(model, [COSTS.get(name)(), goal_reader], goal, horizon)
    assert len(terms) >= 2
    objective = LatentObjective(
        backend=ReferenceBackend(model.predictor_arrays()),
        latents=np.zeros((2, model.config.n_latent)),
        past_actions=np.zeros((1, 1)),
        terms=terms,
    )
    costs = objective(rng(0).uniform(-1, 1, (5, horizon, 1)))
    assert costs.shape == (5,)
    assert np.isfinite(costs).all()
    assert (costs >= 0).all()
