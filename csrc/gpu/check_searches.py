"""A few searches that reach every part of the GPU's kernels: what check.sh watches.

The argument is a backend, so that the program itself can be tried without a GPU.
"""

import sys
from collections.abc import Mapping, Sequence

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.backend import make_backend
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.synthetic import random_distance_head, random_predictor, random_token_predictor
from wm_robot.kernels.terms import ActionLimits, Readout, Smoothness, TemporalDistance, Term
from wm_robot.kernels.token_predictor import TokenPredictor
from wm_robot.planners import PlannerConfig, make_planner
from wm_robot.planners.objective import LatentObjective

T, NU, GOAL = 2, 3, 6
# Odd sizes fill no fragment of a product, large ones need more than a block's ordinary shared memory.
ODD = {"latent": 21, "width": 19, "embedding": 7, "hidden": 26}
LARGE = {"latent": 134, "width": 256, "embedding": 64, "hidden": 512}
# Of the transformer: one modulated token, several rows with a state, and LeWM's size, whose next weights are
# copied while blocks wait.
ONE = {"patches": 1, "patch": 5, "state": 0, "width": 18, "heads": 3, "head": 6, "hidden": 25, "embedding": 6}
ROWS = {"patches": 5, "patch": 5, "state": 3, "width": 18, "heads": 2, "head": 10, "hidden": 25}
LEWM = {
    "patches": 1,
    "patch": 192,
    "state": 0,
    "width": 192,
    "heads": 16,
    "head": 64,
    "hidden": 2048,
    "embedding": 192,
}
# Between them all that a search does: elites kept or not, averages, the best alone.
PLANNERS = {"cem": {}, "icem": {"keep_fraction": 0.5}, "mppi": {}, "predictive_sampling": {}}


def terms(rng: np.random.Generator, horizon: int, latent: int) -> Sequence[Term]:
    """One of each kind, two readouts: of the latent itself and of a map of it."""
    weights = np.ones(horizon)
    head = random_distance_head(rng, latent=latent, goal=GOAL, widths=(18, 17), outputs=2)
    return (
        Readout(step_weights=weights, target=np.zeros(latent), scale=np.ones(latent)),
        Readout(
            step_weights=weights, target=np.zeros(5), scale=np.ones(5), matrix=rng.normal(size=(5, latent))
        ),
        TemporalDistance(step_weights=weights, head=head, goal=rng.normal(size=GOAL)),
        Smoothness(step_weights=weights),
        ActionLimits(step_weights=weights, limit=0.5),
    )


def search(backend: str, model: Mapping[str, FloatArray] | TokenPredictor, config: PlannerConfig) -> None:
    rng = np.random.default_rng(0)
    predictor = model if isinstance(model, TokenPredictor) else Predictor.from_parameters(model)
    objective = LatentObjective(
        backend=make_backend(backend, model),
        latents=rng.normal(size=(T, predictor.latent)),
        past_actions=rng.uniform(-1, 1, (T - 1, NU)),
        terms=terms(rng, config.horizon, predictor.latent),
    )
    for name, options in PLANNERS.items():
        planner = make_planner(name, config, nu=NU, options=options)
        first = planner.plan(objective, seed=1)
        again = planner.plan(objective, seed=1)
        if not np.array_equal(first.actions, again.actions):
            sys.exit(f"{name}: the same search found another plan")
        planner.plan(objective, seed=2, warm_start=planner.shift(first.belief, 1))
        print(f"{name}, {type(predictor).__name__} of latent {predictor.latent}: cost {first.cost:.4f}")


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    several = PlannerConfig(horizon=5, knots=3, interpolation="linear", samples=70, iterations=3)
    few = PlannerConfig(horizon=2, samples=40, iterations=2)
    search(sys.argv[1], random_predictor(rng, history=T, nu=NU, blocks=2, **ODD), several)
    search(sys.argv[1], random_predictor(rng, history=T, nu=NU, blocks=2, **LARGE), few)
    for sizes, config in ((ONE, several), (ROWS, several), (LEWM, few)):
        # A window that slides.
        model = random_token_predictor(rng, history=T, context=T + 1, nu=NU, blocks=2, **sizes)
        search(sys.argv[1], model, config)
