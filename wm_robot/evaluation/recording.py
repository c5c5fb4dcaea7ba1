"""An episode kept whole: what was seen, what was imagined, how far the goal was."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import MismatchError
from wm_robot.core.protocols import Environment
from wm_robot.core.types import Observation, Score
from wm_robot.evaluation.report.episode import DemoEpisode
from wm_robot.kernels.query import Query
from wm_robot.kernels.reference import step_costs
from wm_robot.kernels.terms import Readout, TemporalDistance, Term
from wm_robot.planners.objective import goal_terms
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.history import History
from wm_robot.runtime.loop import Step, StepHook, run_simulated

if TYPE_CHECKING:
    from wm_robot.models.world_model import WorldModel

IMAGINED_STEPS = 8


def record_episode(
    environment: Environment,
    model: "WorldModel",
    agent: LatentMPC,
    seed: int,
    *,
    on_step: StepHook = lambda step: None,
) -> tuple[DemoEpisode, Score]:
    """Run `agent` in the episode `seed` of `environment`.

    Args:
        environment: whose goal is given as images.
        model: the agent's world model; its decoder shows what it imagines.
        agent: acts.
        on_step: called after each control period.

    Returns:
        The episode, and the task's verdict at its end.

    Raises:
        MismatchError: the goal is not given as images.
    """
    start = environment.reset(seed)
    first, goal = environment.score(), environment.goal()
    if goal.images is None:
        raise MismatchError(
            f"the goals of {environment.name!r} are not images; a recording shows goal images"
        )
    agent.reset(goal, seed)
    steps: list[Step] = []
    histories: list[History] = []

    def keep(step: Step) -> None:
        assert agent.history is not None  # the loop observes before it steps
        steps.append(step)
        histories.append(agent.history)
        on_step(step)

    run = run_simulated(environment, agent, start, on_step=keep)
    observations = [*(step.observation for step in steps), run.observation]
    images = stacked_images(observations)
    latents = np.stack([*(history.latents[-1] for history in histories), model.encode(run.observation)])
    actions = np.stack([step.executed for step in steps])
    moment = busiest_moment(images, IMAGINED_STEPS)
    history = histories[moment]
    ahead = model.action_space.normalize(actions[moment : moment + IMAGINED_STEPS])
    imagined = agent.backend.rollout(history.latents, history.actions, ahead[None])[0]
    terms = goal_terms(model, agent.planning.make_costs(), goal, agent.planning.search.horizon)
    episode = DemoEpisode(
        seed=seed,
        success=bool(run.scores[-1].success),
        images=images,
        goal_images=goal.images,
        imagined=model.decode(imagined),
        imagined_from=moment,
        latent_distance=goal_cost(terms, latents),
        error=np.array([first.error, *(score.error for score in run.scores)]),
        plan_ms=1e3 * np.array(run.plan_s),
        actions=actions,
    )
    return episode, run.scores[-1]


def stacked_images(observations: Sequence[Observation]) -> Mapping[str, NDArray[np.uint8]]:
    """The frames (T, height, width, 3) of each camera."""
    return {name: np.stack([o.images[name] for o in observations]) for name in observations[0].images}


def busiest_moment(images: Mapping[str, NDArray[np.uint8]], steps: int) -> int:
    """The first frame of the stretch of `steps` periods between whose ends the pictures differ most.

    A rule and no choice: a prediction is worth seeing where something happens.
    """
    length = len(next(iter(images.values())))
    last = max(length - 1 - steps, 0)
    change = [
        sum(
            float(np.abs(frames[t].astype(int) - frames[min(t + steps, length - 1)]).mean())
            for frames in images.values()
        )
        for t in range(last + 1)
    ]
    return int(np.argmax(change))


def goal_cost(terms: Sequence[Term], latents: FloatArray) -> FloatArray:
    """What the terms that read the goal charge for `latents` (T, L) at the end of a plan, (T,)."""
    still = Query(latents=latents[:1], past_actions=np.empty((0, 0)), actions=np.empty((1, len(latents), 0)))
    return np.sum(
        [
            term.step_weights[-1] * step_costs(term, latents[None], still)[0]
            for term in terms
            if isinstance(term, Readout | TemporalDistance)
        ],
        axis=0,
    )
