"""Distance to a pose that is given in numbers."""

from dataclasses import dataclass

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.bounds import check_fields
from wm_robot.core.errors import UnknownNameError
from wm_robot.kernels.terms import Readout, Term
from wm_robot.planners.costs.cost import GoalContext, Weight, step_weights
from wm_robot.planners.world_model import WorldModel


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Squared distance of named quantities from the goal's pose, in their standard deviations.

    J = Σ_t w_t Σ_i ((x_i(z_t) − y_i) / σ_i)²

    A quantity of the proprioception is read where the latent carries it; any other, such as an
    object's position, through the state probe. σ_i makes metres and radians comparable.

    Args:
        terminal: weight w at the last step.
        running: weight w at each earlier step.
    """

    terminal: Weight = 1.0
    running: Weight = 0.0

    def __post_init__(self) -> None:
        check_fields(self, "cost pose")

    def terms(self, context: GoalContext) -> tuple[Term, ...]:
        pose = context.goal.pose
        if not pose:
            return ()
        readings = [_reading(context.model, name) for name in pose]
        return (
            Readout(
                step_weights=step_weights(context.horizon, terminal=self.terminal, running=self.running),
                target=np.array([r.normalized(y) for r, y in zip(readings, pose.values(), strict=True)]),
                scale=np.ones(len(readings)),
                matrix=np.stack([r.row for r in readings]),  # (n, L)
                bias=np.array([r.bias for r in readings]),
            ),
        )


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """How a latent z tells a quantity x: (x − mean) / std = row·z + bias."""

    row: FloatArray
    bias: float
    mean: float
    std: float

    def normalized(self, value: float) -> float:
        return (value - self.mean) / self.std


def _reading(model: WorldModel, name: str) -> _Reading:
    config = model.config
    row = np.zeros(config.n_latent)
    if name in config.proprio.names:
        i = config.proprio.names.index(name)
        row[config.model.n_visual + i] = 1.0
        return _Reading(row=row, bias=0.0, mean=config.proprio.mean[i], std=config.proprio.std[i])
    if name in config.probe.names:
        i = config.probe.names.index(name)
        probe = model.probe_arrays()
        row[: config.model.n_visual] = probe["weight"][i]
        bias = float(probe["bias"][i])
        return _Reading(row=row, bias=bias, mean=config.probe.mean[i], std=config.probe.std[i])
    raise UnknownNameError("pose entry", name, {*config.proprio.names, *config.probe.names})
