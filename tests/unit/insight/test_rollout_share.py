"""How the time of a search is shared."""

from wm_robot.core.clock import SimulatedClock
from wm_robot.insight.rollout_share import rollout_share


def test_the_share_is_the_time_of_a_rollout_over_that_of_a_priced_one(
    drive, point_mass_model, point_mass_backend
):
    clock = SimulatedClock()

    class Timed:
        predictor = point_mass_backend.predictor

        def rollout(self, *query):
            clock.sleep_until_ns(clock.now_ns() + 2_000_000)
            return point_mass_backend.rollout(*query)

        def costs(self, *query):
            clock.sleep_until_ns(clock.now_ns() + 8_000_000)
            return point_mass_backend.costs(*query)

    snapshot = drive(1)[0]
    assert rollout_share(snapshot.decision, point_mass_model, Timed(), snapshot.goal, clock=clock) == 0.25
