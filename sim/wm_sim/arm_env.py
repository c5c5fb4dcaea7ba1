"""A robot and a task as one environment."""

from collections.abc import Mapping

import numpy as np

from wm_robot.core import seeding
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import WmrError
from wm_robot.core.protocols import ExplorationPolicy
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.core.types import Goal, Image, Observation, Score, StepResult
from wm_robot.robots import RobotSpec
from wm_sim import appearance as looks
from wm_sim.gl import Camera
from wm_sim.robot import MujocoRobot
from wm_sim.saved_state import get_state, load_state, pack_state, set_state
from wm_sim.scene import CAMERAS
from wm_sim.task_scene import TaskScene
from wm_sim.tasks.task import AXES, MAX_DISPLACEMENT_M, Episode, Task

RATE_HZ = 5.0


class ArmEnvironment:
    """`core.protocols.Environment` for any arm and any table-top task.

    An action displaces the commanded end effector along the task's axes for one period of 0.2 s.

    Args:
        robot: the arm.
        task: what to do with it.
        image_size: height and width of every camera, pixels.
        shift: how the scene differs from its nominal look, drawn anew from each episode's seed.

    Raises:
        UnknownNameError: `shift` is unknown.
        GraphicsError: OpenGL cannot be opened here.
    """

    def __init__(
        self,
        robot: RobotSpec,
        task: Task,
        *,
        image_size: int = 64,
        shift: str | None = None,
    ) -> None:
        self._spec, self._task = robot, task
        self._scene = TaskScene(robot, task)
        self._model, self._robot, self._arm = self._scene.model, self._scene.robot, self._scene.arm
        self._camera = Camera(self._model, height=image_size, width=image_size)
        self._axes = list(task.axes)
        self._action_space = ActionSpace(
            kind="end_effector_delta",
            names=tuple(f"d{AXES[a]}" for a in task.axes),
            units=("m",) * len(task.axes),
            low=(-MAX_DISPLACEMENT_M,) * len(task.axes),
            high=(MAX_DISPLACEMENT_M,) * len(task.axes),
            rate_hz=RATE_HZ,
        )
        self._observation_space = ObservationSpace(
            cameras=CAMERAS,
            image_size=(image_size, image_size),
            proprio_names=tuple(f"ee_{AXES[a]}" for a in task.axes),
        )
        self._seed = 0
        self._episode: Episode | None = None
        self._shift: str | None = None
        self.set_shift(shift)

    @property
    def name(self) -> str:
        return self._task.name

    @property
    def robot_name(self) -> str:
        return self._spec.name

    @property
    def robot(self) -> MujocoRobot:
        """The arm at joint level, over the same scene."""
        return self._robot

    @property
    def action_space(self) -> ActionSpace:
        return self._action_space

    @property
    def observation_space(self) -> ObservationSpace:
        return self._observation_space

    @property
    def max_steps(self) -> int:
        return self._task.max_steps

    def reset(self, seed: int) -> Observation:
        self._seed = seed
        self._episode = self._scene.start(seed)
        self._scene.paint(self._shift, self._seed)
        return self.observe()

    def step(self, action: FloatArray) -> StepResult:
        self._require_episode()
        displacement = np.zeros(3)
        displacement[self._axes] = finite_array(
            "action", action, (self._action_space.nu,), names=self._action_space.names
        )
        displacement[self._axes] = self._action_space.clip(displacement[self._axes])
        executed = self._arm.move(displacement, self._scene.workspace, self._action_space.dt_s)
        return StepResult(observation=self.observe(), executed=executed[self._axes])

    def observe(self) -> Observation:
        """What the cameras and joints tell now, with the look that is active now."""
        state = self._robot.read()
        return Observation(stamp_ns=state.stamp_ns, images=self._images(), proprio=state.p_WE[self._axes])

    def goal(self) -> Goal:
        """The episode's goal as images, with the look that is active now.

        For a goal image from before a change, ask for it before `set_shift`.
        """
        with self._scene.at_goal(self._require_episode()):
            return Goal(images=self._images())

    def score(self) -> Score:
        return self._task.score(self._arm, self._require_episode())

    def privileged_state(self) -> dict[str, float]:
        return self._task.privileged_state(self._arm, self._require_episode())

    def set_shift(self, shift: str | None) -> None:
        """Change the look from now on; None is the nominal look.

        Raises:
            UnknownNameError: `shift` is unknown.
        """
        if shift is not None and shift not in looks.SHIFTS:
            looks.shifted(shift, seeding.rng(0))
        self._shift = shift
        self._scene.paint(self._shift, self._seed)

    def save_state(self) -> bytes:
        episode = self._require_episode()
        return pack_state(
            seed=self._seed,
            simulator=get_state(self._model, self._robot.data),
            arm=self._arm.save(),
            tip=episode.tip,
            goal_tip=episode.goal_tip,
            objects=episode.objects,
            goal_objects=episode.goal_objects,
        )

    def restore_state(self, state: bytes) -> Observation:
        saved = load_state(state)
        self._robot.connect()
        set_state(self._model, self._robot.data, saved["simulator"])
        self._seed = int(saved["seed"])
        self._episode = Episode(
            tip=saved["tip"],
            goal_tip=saved["goal_tip"],
            objects=saved["objects"],
            goal_objects=saved["goal_objects"],
        )
        self._arm.restore(saved["arm"])
        self._scene.paint(self._shift, self._seed)
        return self.observe()

    def explore(self, rng: np.random.Generator) -> ExplorationPolicy:
        self._require_episode()
        return self._task.explore(self._arm, rng)

    def oracle(self) -> ExplorationPolicy:
        return self._task.oracle(self._arm, self._require_episode())

    def close(self) -> None:
        """Nothing to release: the OpenGL context belongs to the process."""

    def _images(self) -> Mapping[str, Image]:
        return self._camera.images(self._robot.data, CAMERAS)

    def _require_episode(self) -> Episode:
        if self._episode is None:
            raise WmrError(f"environment {self.name!r} has no episode yet; call reset(seed) first")
        return self._episode
