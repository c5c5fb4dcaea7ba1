"""A simulated arm that is driven like a real one: in its clock's time, at joint level, with flaws."""

from dataclasses import dataclass
from typing import Self

import mujoco
import numpy as np

from wm_robot.core import seeding
from wm_robot.core.arrays import FloatArray
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.errors import DriverError
from wm_robot.core.joints import in_order, places
from wm_robot.core.types import JointCommand, JointState
from wm_robot.robots import RobotSpec
from wm_sim.drivetrain import Drivetrain
from wm_sim.faults import SimFaults
from wm_sim.make import TASKS
from wm_sim.saved_state import get_state
from wm_sim.shared_state import StateWriter
from wm_sim.task_scene import TaskScene

CATCH_UP_S = 2.0
"""An arm that nobody spoke to for longer stands still by then: the rest of the time is skipped."""


@dataclass(frozen=True, kw_only=True)
class SimConfig:
    """Which simulation to run.

    Args:
        task: what stands on the table: "reach" or "push".
        seed: names the episode: the same start and goal as `ArmEnvironment.reset(seed)`.
        shift: how the scene differs from its nominal look.
        name: under which cameras and observers of other processes find the simulation.
    """

    task: str = "reach"
    seed: int = 0
    shift: str | None = None
    name: str = "sim"


class SimDriver:
    """`core.protocols.Robot` over the MuJoCo scene of a task.

    Whenever it is read or commanded, the physics catches up with the clock in steps of the model's
    timestep: in real time with a SteadyClock, deterministic with a SimulatedClock. A state is stamped
    with the instant that the physics has reached. The position servos follow `q` and `v` of a command,
    within the joints' limits, as late as `spec.servo_lag_s` says; the gripper stays closed on its tool.
    Delay, play and sensor noise are those of `spec.imperfections`, the noise drawn from the seed.

    After each advance the complete state is published in shared memory under `config.name`, for
    `SimCamera` and `SimObserver` in this or any other process.

    Args:
        spec: the arm.
        config: the simulation.
        clock: whose time the physics follows; the machine's steady clock when None.

    Attributes:
        faults: what the arm suffers now; set its attributes at any time.

    Raises:
        UnknownNameError: no such task or shift.

    Not thread-safe.
    """

    def __init__(self, spec: RobotSpec, config: SimConfig | None = None, clock: Clock | None = None) -> None:
        self.spec, self.config = spec, config or SimConfig()
        self.faults = SimFaults()
        self._clock = clock or SteadyClock()
        self._scene = TaskScene(spec, TASKS.get(self.config.task)())
        self._scene.paint(self.config.shift, self.config.seed)  # raises here what cameras would raise later
        self._seed = self.config.seed
        self._model, self._data = self._scene.model, self._scene.robot.data
        joints = [self._model.joint(name) for name in spec.joint_names]
        self._q_index = np.array([joint.qposadr[0] for joint in joints])
        self._v_index = np.array([joint.dofadr[0] for joint in joints])
        self._step_s = self._model.opt.timestep
        self._step_ns = round(self._step_s * 1e9)
        servos = [self._model.actuator(name) for name in spec.joint_names]
        self._servo_index = np.array([servo.id for servo in servos])
        self._drivetrain = Drivetrain(spec, np.array([-s.biasprm[2] / s.gainprm[0] for s in servos]))
        self._writer: StateWriter | None = None

    @property
    def joint_names(self) -> tuple[str, ...]:
        return self.spec.joint_names

    @property
    def seed(self) -> int:
        """Of the present episode."""
        return self._seed

    def connect(self) -> None:
        if self._writer is not None:
            return
        description = {"robot": self.spec.name, "task": self.config.task, "shift": self.config.shift or ""}
        size = len(get_state(self._model, self._data))
        self._writer = StateWriter(self.config.name, description, size)
        self.start_episode(self.config.seed)

    def start_episode(self, seed: int) -> None:
        """Put the arm and all objects at once where the episode `seed` starts; the clock goes on.

        Raises:
            DriverError: not connected.
        """
        self._require_connection()
        self._seed = seed
        self._scene.start(seed)
        self._drivetrain.reset(self._data.ctrl[self._servo_index])
        self._noise = seeding.rng(seed, "sensor noise", self.spec.name)
        self._time_ns = self._stamp_ns = self._clock.now_ns()
        self._published = get_state(self._model, self._data)
        self._sense()
        self._publish()

    def read(self) -> JointState:
        self._require_connection()
        self._advance()
        if self.faults.reversed_stamps:
            self._stamp_ns -= self._step_ns
        q, v = self._q.copy(), self._v.copy()
        if self.faults.nan_joint:
            (joint,) = places(self.joint_names, [self.faults.nan_joint])
            q[joint] = v[joint] = np.nan
        return JointState(
            stamp_ns=self._stamp_ns, joint_names=self.joint_names, q=q, v=v, fault=self.faults.protective_stop
        )

    def command(self, command: JointCommand) -> None:
        self._require_connection()
        q, v = in_order(command, self.joint_names)
        self._advance()
        if not self.faults.protective_stop:
            self._drivetrain.command(q, v, self._clock.now_ns())

    def stop(self) -> None:
        """Brake every joint at its largest acceleration and hold; the next command ends it."""
        if self._writer is not None:
            self._drivetrain.brake(self._data.qvel[self._v_index])

    def disconnect(self) -> None:
        """End the simulation; its cameras keep their last picture."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        self.disconnect()

    def _advance(self) -> None:
        """Let the physics catch up with the clock, as far as whole steps go."""
        if self.faults.frozen:
            return
        behind_ns = self._clock.now_ns() - self._time_ns
        self._time_ns += max(0, behind_ns - round(CATCH_UP_S * 1e9)) // self._step_ns * self._step_ns
        steps = min(behind_ns, round(CATCH_UP_S * 1e9)) // self._step_ns
        if steps <= 0:
            return
        if self.faults.protective_stop and not self._drivetrain.braking:
            self._drivetrain.brake(self._data.qvel[self._v_index])
        for _ in range(steps):
            self._step()
        self._sense()
        self._publish()

    def _step(self) -> None:
        stuck = places(self.joint_names, [self.faults.stuck_joint]) if self.faults.stuck_joint else []
        held = self._data.qpos[self._q_index[stuck]] if stuck else None
        self._data.ctrl[self._servo_index] = self._drivetrain.target(
            self._time_ns, self._step_s, self.faults.extra_delay_s
        )
        mujoco.mj_step(self._model, self._data)
        self._time_ns += self._step_ns
        if held is not None:
            self._data.qpos[self._q_index[stuck]] = held
            self._data.qvel[self._v_index[stuck]] = 0.0

    def _sense(self) -> None:
        """Measure the joints once for each instant, however often they are then read."""
        flaws = self.spec.imperfections
        self._q = self._data.qpos[self._q_index] + self._noise.normal(0.0, flaws.q_noise_rad, self.spec.nq)
        self._v = self._data.qvel[self._v_index] + self._noise.normal(0.0, flaws.v_noise_rad_s, self.spec.nq)
        if not self.faults.reversed_stamps:
            self._stamp_ns = self._time_ns

    def _publish(self) -> None:
        if self._writer is None or self.faults.unpublished:
            return
        if not self.faults.frozen_pictures:
            self._published: FloatArray = get_state(self._model, self._data)
        self._writer.publish(self._time_ns, self._seed, self._published)

    def _require_connection(self) -> None:
        if self._writer is None:
            raise DriverError(f"the simulated {self.spec.name} is not connected; call connect() first")
        if self.faults.disconnected:
            raise DriverError(f"the connection to the simulated {self.spec.name} is lost; connect again")
