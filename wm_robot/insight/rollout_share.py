"""How a search's time is shared between imagining and pricing, which a compiled one does at once."""

import numpy as np

from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.types import Goal
from wm_robot.insight.named_terms import all_terms, named_terms
from wm_robot.kernels.backend import Backend
from wm_robot.planners.world_model import WorldModel
from wm_robot.runtime.decision import Decision

REPEATS = 10


def rollout_share(
    decision: Decision, model: WorldModel, backend: Backend, goal: Goal, *, clock: Clock | None = None
) -> float:
    """Share of the rollouts, 0 to 1, in the time that rollouts and costs of one round take together.

    The fastest of ten trials each, with as many candidates as a round of `decision` has.

    Args:
        decision: says how many candidates, over which horizon, at what costs.
        model, backend, goal: of the decision.
        clock: measures.
    """
    clock = clock or SteadyClock()
    search = decision.planning.search
    terms = all_terms(named_terms(model, decision.planning, goal))
    latents, past = decision.history.latents, decision.history.actions
    actions = np.zeros((search.samples, search.horizon, model.action_space.nu))

    imagine_ns, both_ns = [], []
    for _ in range(REPEATS):  # in turns: what else the machine does hits both alike
        began_ns = clock.now_ns()
        backend.rollout(latents, past, actions)
        between_ns = clock.now_ns()
        backend.costs(latents, past, actions, terms)
        imagine_ns.append(between_ns - began_ns)
        both_ns.append(clock.now_ns() - between_ns)
    return min(min(imagine_ns) / max(min(both_ns), 1), 1.0)
