"""Any environment of dm_control as an image-goal environment: `dm:<domain>-<task>`.

Such an environment has a reward but no goal image. Here the goal is a state that the environment's own
reward praises, also with any driven joint a little off: a goal at the border of what is rewarded would ask
for more precision than the task does. The episode starts where random actions led from the goal: goal and
start share the scene (the target's place, say), and the start is the least rewarded of a few such.
"""

from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np
from dm_control import composer, suite

from wm_robot.core import seeding
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.core.protocols import ExplorationPolicy
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.core.types import Goal, Observation, Score, StepResult
from wm_sim.gl import Camera
from wm_sim.saved_state import get_state, load_state, pack_state, set_state

PERIOD_S = 0.1
REWARDED = 0.9
SUCCESS = 0.5
ROOM = 0.15
"""Radians or metres that one driven joint may be off the goal and still be rewarded."""

GOAL_TRIES = {"suite": 300, "manipulation": 20}
"""Manipulation scenes are compiled anew at each try, which takes a tenth of a second."""

START_STEPS = 20
START_TRIES = 10
SCALAR_JOINTS = (int(mujoco.mjtJoint.mjJNT_SLIDE), int(mujoco.mjtJoint.mjJNT_HINGE))


class DmEnvironment:
    """`core.protocols.Environment` over one environment of dm_control.

    Actions are the environment's own actuators, each held for about 0.1 s. Proprioception is position
    and velocity of the joints that actuators drive, which never tell the goal; a hinge that turns by more
    than half a revolution gives sine and cosine of its angle, for that is what a picture shows. The one
    camera is the environment's first. The score's error is 1 − reward; success is a reward of at least 0.5.

    Args:
        name: "dm:<domain>-<task>" with a domain of the suite, or with "manipulation".
        image_size: height and width of the camera, pixels.

    Raises:
        UnknownNameError: dm_control has no such environment.
        GraphicsError: OpenGL cannot be opened here.
    """

    max_steps = 50

    def __init__(self, name: str, *, image_size: int = 64) -> None:
        self.name = name
        self.robot_name, _, task = name.removeprefix("dm:").partition("-")
        self._environment = load(self.robot_name, task)
        self._tries = GOAL_TRIES["manipulation" if self.robot_name == "manipulation" else "suite"]
        self._image_size = image_size
        self._seed: int | None = None
        self._goal_state = np.zeros(0)
        self._steps, self._over = 0, False
        self._environment.reset()
        self._joints = _driven_joints(self._model)
        self._camera_name = self._model.camera(0).name
        self._repeat = max(1, round(PERIOD_S / self._environment.control_timestep()))
        self.action_space = self._describe_actions()
        self.observation_space = ObservationSpace(
            cameras=("camera",),
            image_size=(image_size, image_size),
            proprio_names=tuple(self._proprio()),
        )
        self._look()

    def reset(self, seed: int) -> Observation:
        self._build_episode(seed)
        return self.observe()

    def reset_at_goal(self, seed: int) -> Observation:
        self._build_episode(seed)
        set_state(self._model, self._data, self._goal_state)
        return self.observe()

    def step(self, action: FloatArray) -> StepResult:
        self._require_episode()
        action = self.action_space.clip(
            finite_array("action", action, (self.action_space.nu,), names=self.action_space.names)
        )
        if not self._over:
            self._hold(action)
        self._steps += 1
        return StepResult(observation=self.observe(), executed=action)

    def observe(self) -> Observation:
        """What camera and joints tell now."""
        return Observation(
            stamp_ns=round(self._steps * self.action_space.dt_s * 1e9),
            images={"camera": self._camera.image(self._data, self._camera_name)},
            proprio=np.array([*self._proprio().values()]),
        )

    def goal(self) -> Goal:
        self._require_episode()
        now = get_state(self._model, self._data)
        set_state(self._model, self._data, self._goal_state)
        images = self.observe().images
        set_state(self._model, self._data, now)
        return Goal(images=images)

    def score(self) -> Score:
        self._require_episode()
        reward = self._reward()
        return Score(error=1.0 - reward, unit="reward", success=reward >= SUCCESS, tolerance=1.0 - SUCCESS)

    def privileged_state(self) -> dict[str, float]:
        self._require_episode()
        proprio = zip(self.observation_space.proprio_names, self.observe().proprio, strict=True)
        return {name: float(value) for name, value in proprio} | {"reward": self._reward()}

    def save_state(self) -> bytes:
        return pack_state(
            seed=self._require_episode(),
            steps=self._steps,
            over=self._over,
            simulator=get_state(self._model, self._data),
        )

    def restore_state(self, state: bytes) -> Observation:
        saved = load_state(state)
        # The scene itself (where the target is) follows from the seed.
        self._build_episode(int(saved["seed"]))
        set_state(self._model, self._data, saved["simulator"])
        self._steps, self._over = int(saved["steps"]), bool(saved["over"])
        return self.observe()

    def explore(self, rng: np.random.Generator) -> ExplorationPolicy:
        """Correlated noise on the actuators, of an amplitude that changes now and then."""
        return _correlated_noise(self.action_space, rng)

    def close(self) -> None:
        self._environment.close()

    @property
    def _model(self) -> mujoco.MjModel:
        return self._environment.physics.model.ptr

    @property
    def _data(self) -> mujoco.MjData:
        return self._environment.physics.data.ptr

    def _proprio(self) -> dict[str, float]:
        positions, velocities = {}, {}
        for number in self._joints:
            joint = self._model.joint(number)
            name = joint.name.rsplit("/")[-1]
            q, v = float(self._data.qpos[joint.qposadr[0]]), float(self._data.qvel[joint.dofadr[0]])
            if joint.type[0] == mujoco.mjtJoint.mjJNT_HINGE and _turns_far(joint):
                positions |= {f"{name}_sin": float(np.sin(q)), f"{name}_cos": float(np.cos(q))}
            else:
                positions[name] = q
            velocities[f"{name}_velocity"] = v
        return positions | velocities

    def _reward(self) -> float:
        return float(self._environment.task.get_reward(self._environment.physics))

    def _reward_around(self) -> float:
        """Mean reward of the present posture and of those with one driven joint `ROOM` off."""
        now = get_state(self._model, self._data)
        rewards = [self._reward()]
        for number in self._joints:
            for offset in (-ROOM, ROOM):
                self._data.qpos[self._model.jnt_qposadr[number]] += offset
                mujoco.mj_forward(self._model, self._data)
                rewards.append(self._reward())
                set_state(self._model, self._data, now)
        return float(np.mean(rewards))

    def _build_episode(self, seed: int) -> None:
        rewards: list[float] = []
        for number in range(self._tries):
            self._build_scene(seed, number)
            rewards.append(self._reward_around())
            if rewards[-1] >= REWARDED:
                break
        best = int(np.argmax(rewards))
        if best != len(rewards) - 1:
            self._build_scene(seed, best)
        self._look()
        self._seed = seed
        self._goal_state = get_state(self._model, self._data)
        starts = []
        for number in range(START_TRIES):
            starts.append(self._wander(seed, number))
            if self._over:
                # An environment that has ended accepts no other state; the same scene anew does.
                self._build_scene(seed, best)
                self._look()
            if starts[-1][0] < SUCCESS:
                break
        _, start = min(starts, key=lambda pair: pair[0])
        set_state(self._model, self._data, start)
        self._steps, self._over = 0, False

    def _wander(self, seed: int, number: int) -> tuple[float, FloatArray]:
        """Reward and state at rest where random actions lead from the goal."""
        set_state(self._model, self._data, self._goal_state)
        self._over = False
        policy = _correlated_noise(self.action_space, seeding.rng(seed, "start", number))
        for _ in range(START_STEPS):
            self._hold(policy())
        self._come_to_rest()
        return self._reward(), get_state(self._model, self._data)

    def _build_scene(self, seed: int, number: int) -> None:
        random = (
            self._environment.random_state
            if isinstance(self._environment, composer.Environment)
            else self._environment.task.random
        )
        random.seed(seeding.derive_seed(seed, self.name, number) % 2**32)
        self._environment.reset()
        self._come_to_rest()

    def _come_to_rest(self) -> None:
        self._data.qvel[:] = 0.0
        mujoco.mj_forward(self._model, self._data)

    def _hold(self, action: FloatArray) -> None:
        for _ in range(self._repeat):
            if self._over:
                return
            self._over = self._environment.step(action).last()

    def _look(self) -> None:
        """A camera for the present model: some environments compile a new one at each reset."""
        self._camera = Camera(self._model, height=self._image_size, width=self._image_size)

    def _describe_actions(self) -> ActionSpace:
        spec = self._environment.action_spec()
        count = spec.shape[0]
        named = [self._model.actuator(i).name.rsplit("/")[-1] for i in range(self._model.nu)]
        names = named if len(named) == count and all(named) else [f"u{i}" for i in range(count)]
        return ActionSpace(
            kind="native",
            names=tuple(names),
            units=("1",) * count,
            # Actuators without limits report enormous ones.
            low=tuple(float(v) if v > -1e6 else -1.0 for v in np.broadcast_to(spec.minimum, count)),
            high=tuple(float(v) if v < 1e6 else 1.0 for v in np.broadcast_to(spec.maximum, count)),
            rate_hz=1.0 / (self._repeat * self._environment.control_timestep()),
        )

    def _require_episode(self) -> int:
        if self._seed is None:
            raise WmrError(f"environment {self.name!r} has no episode yet; call reset(seed) first")
        return self._seed


def load(domain: str, task: str) -> Any:
    """dm_control's own environment, without a time limit where it can be chosen.

    Raises:
        UnknownNameError: there is none of that name, with the names that there are.
    """
    names = [f"dm:{d}-{t}" for d, t in suite.ALL_TASKS]
    if domain == "manipulation":
        from dm_control import manipulation  # noqa: PLC0415  (takes seconds, and few need it)

        if task in manipulation.ALL:
            return manipulation.load(task, seed=0)
        names = [f"dm:manipulation-{t}" for t in manipulation.ALL]
    elif (domain, task) in suite.ALL_TASKS:
        return suite.load(domain, task, task_kwargs={"time_limit": float("inf")})
    raise UnknownNameError("dm_control environment", f"dm:{domain}-{task}", names)


def _turns_far(hinge: Any) -> bool:
    """Whether a MuJoCo hinge can turn by more than half a revolution."""
    return not hinge.limited[0] or float(np.ptp(hinge.range)) > np.pi


def _driven_joints(model: mujoco.MjModel) -> list[int]:
    """Scalar joints that an actuator drives; all scalar joints where actuators pull on tendons."""
    driven = [
        int(model.actuator_trnid[number, 0])
        for number in range(model.nu)
        if model.actuator_trntype[number] == mujoco.mjtTrn.mjTRN_JOINT
    ]
    candidates = driven or range(model.njnt)
    return sorted({number for number in candidates if int(model.jnt_type[number]) in SCALAR_JOINTS})


def _correlated_noise(space: ActionSpace, rng: np.random.Generator) -> Callable[[], FloatArray]:
    """Ornstein-Uhlenbeck noise over the whole action range, with an amplitude redrawn every second or so."""
    low, high = np.array(space.low), np.array(space.high)
    noise, amplitude = np.zeros(space.nu), 1.0

    def step() -> FloatArray:
        nonlocal noise, amplitude
        if rng.random() < 0.1:
            amplitude = float(rng.choice([0.2, 0.6, 1.2]))
        noise = 0.8 * noise + 0.6 * rng.normal(size=space.nu)  # (nu,), variance 1 at rest
        return np.clip((low + high) / 2 + amplitude * noise * (high - low) / 2, low, high)

    return step
