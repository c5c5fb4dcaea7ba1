"""A control loop without processes: an arm that follows, one cycle after the other."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.core.types import JointState
from wm_robot.robots import get_robot
from wm_robot.runtime.control.pipeline import ControlConfig, make_controller
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.flight_messages import ChunkReceived, CycleInputs, PlannerReport

UR5E = get_robot("ur5e")
DT_S = 0.1


class Rig:
    """A UR5e that is where it was commanded a period ago, a planner that lives, and their time."""

    def __init__(self):
        self.controller = make_controller(UR5E, ControlConfig())
        self.period_ns = round(1e9 / UR5E.control_rate_hz)
        self.now_ns, self.plans = 10**9, 0
        self.q, self.v = np.array(UR5E.home), np.zeros(UR5E.nq)
        self.follows = True

    @property
    def mode(self):
        return self.controller.stop.mode

    def state(self, **changes):
        """What the arm tells now."""
        told = JointState(
            stamp_ns=self.now_ns, joint_names=UR5E.joint_names, q=self.q.copy(), v=self.v.copy()
        )
        return replace(told, **changes)

    def inputs(self, **changes):
        """What a cycle reads where nothing is wrong, but for `changes`."""
        told = CycleInputs(
            now_ns=self.now_ns,
            system_ns=2**60 + self.now_ns,
            state=self.state(),
            planner=PlannerReport(heartbeat_ns=self.now_ns, plan_began_ns=0, cameras=()),
        )
        return replace(told, **changes)

    def cycle(self, **changes):
        """One cycle; the arm follows it."""
        outputs = self.controller.step(self.inputs(**changes))
        if self.follows:
            self.q, self.v = outputs.q, outputs.v
        self.now_ns += self.period_ns
        return outputs

    def run(self, seconds, **changes):
        """The outputs of as many cycles as go into `seconds`."""
        return [self.cycle(**changes) for _ in range(round(seconds * UR5E.control_rate_hz))]

    def plan(self, dx=0.01, actions=5, **changes):
        """A chunk planned from what is seen now that moves the tip by `dx` in each period of 0.1 s."""
        self.plans += 1
        made = ChunkReceived(
            arrival_ns=self.now_ns,
            observation_stamp_ns=self.now_ns,
            start_ns=self.now_ns,
            dt_s=DT_S,
            actions=np.tile([dx, 0.0, 0.0], (actions, 1)),
            plan_id=self.plans,
        )
        return replace(made, **changes)

    def set_going(self, seconds=0.3):
        """Take over, plan, and move for a while."""
        self.cycle()
        self.cycle(chunk=self.plan())
        self.run(seconds)
        assert self.mode is Mode.RUNNING
        assert np.abs(self.v).max() > 0.05
        return self

    def stopped_by(self, **changes):
        """Moving, then stopped for good by one cycle with `changes`."""
        self.set_going()
        self.cycle(**changes)
        self.run(1.0)
        assert self.mode is Mode.LATCHED
        return self

    def tip(self, q):
        """Position of the end effector (3,)."""
        return self.controller._parts.ik.arm.place(np.asarray(q)).translation.copy()


@pytest.fixture
def rig():
    return Rig()
