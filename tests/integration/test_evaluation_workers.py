"""An evaluation in several processes, in the real simulation, with an untrained model."""

from dataclasses import replace

import pytest

from wm_robot.evaluation.config import EvaluationConfig
from wm_robot.evaluation.evaluate import evaluate
from wm_robot.planners import PlannerConfig, PlanningConfig


@pytest.mark.slow
def test_two_workers_find_the_same_figures_as_one(tmp_path):
    import wm_sim

    from wm_robot.models.checkpoint import save_checkpoint
    from wm_robot.models.config import ModelConfig, Normalization, WorldModelConfig
    from wm_robot.models.world_model import WorldModel

    environment = wm_sim.make("reach")
    names = environment.observation_space.proprio_names
    unit = Normalization(names=names, mean=(0.0,) * len(names), std=(1.0,) * len(names))
    model = WorldModel(
        WorldModelConfig(
            model=ModelConfig(grid=2, token_dim=4, encoder_width=16, width=16, blocks=1, distance_width=8),
            environment="reach",
            robot=environment.robot_name,
            action_space=environment.action_space,
            observation_space=environment.observation_space,
            proprio=unit,
            probe=unit,
        )
    )
    save_checkpoint(model, tmp_path)
    config = EvaluationConfig(
        task="reach",
        checkpoint=tmp_path,
        planning=PlanningConfig(search=PlannerConfig(samples=8, iterations=1, horizon=2)),
        backend="reference",
        episodes=2,
        baselines=("random",),
    )

    def figures(workers):
        result = evaluate(replace(config, workers=workers))
        return {key: value for key, value in result.items() if not key.startswith("plan_ms")}

    assert figures(workers=2) == figures(workers=1)
