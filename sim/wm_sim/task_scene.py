"""A robot and a task in one MuJoCo scene: how episodes start in it, and how it looks."""

from collections.abc import Iterator
from contextlib import contextmanager

from wm_controllers.differential_ik import DifferentialIK

from wm_robot.core import seeding
from wm_robot.robots import RobotSpec
from wm_sim import appearance as looks
from wm_sim.arm import TaskSpaceArm
from wm_sim.robot import MujocoRobot
from wm_sim.saved_state import get_state, set_state
from wm_sim.scene import model_path, robot_scene
from wm_sim.tasks.task import Episode, Task

SETTLE_S = 0.2


class TaskScene:
    """The one way to build the scene of a task, so that whoever builds it sees the same pictures.

    Attributes:
        spec: the arm.
        task: what to do with it.
        workspace: where the task lets the end effector be commanded, m.
        model: the compiled scene.
        robot: the arm at joint level; `robot.data` is the scene's state.
        arm: the arm at end-effector level.
    """

    def __init__(self, robot: RobotSpec, task: Task) -> None:
        self.spec, self.task = robot, task
        self.workspace = task.workspace(robot)
        scene = robot_scene(robot, self.workspace)
        task.add_objects(scene, robot)
        self.model = scene.compile()
        self.robot = MujocoRobot(robot, self.model)
        self.arm = TaskSpaceArm(self.robot, DifferentialIK(model_path(robot), robot))

    def episode(self, seed: int) -> Episode:
        """Where things start and should go in the episode that `seed` names."""
        return self.task.sample(self.spec, seeding.rng(seed, "episode", self.task.name))

    def start(self, seed: int) -> Episode:
        """Put arm and objects where the episode `seed` starts, and let them settle."""
        episode = self.episode(seed)
        self.robot.connect()
        self.arm.place(episode.tip)
        self.task.place_objects(self.arm, episode.objects)
        self.robot.advance(SETTLE_S)
        return episode

    @contextmanager
    def at_goal(self, episode: Episode) -> Iterator[None]:
        """Arm and objects stand where they should go, until the block ends and all is as before."""
        now, arm = get_state(self.model, self.robot.data), self.arm.save()
        self.arm.place(episode.goal_tip)
        self.task.place_objects(self.arm, episode.goal_objects)
        self.robot.refresh()
        try:
            yield
        finally:
            set_state(self.model, self.robot.data, now)
            self.arm.restore(arm)

    def paint(self, shift: str | None, seed: int) -> None:
        """Give the scene the look that `shift` and `seed` name; None is the nominal look.

        Raises:
            UnknownNameError: `shift` is unknown.
        """
        if shift is not None:
            look = looks.shifted(shift, seeding.rng(seed, "shift", shift))
        else:
            look = looks.Appearance()
        looks.apply(look, self.model, self.spec, self.workspace)
        self.robot.refresh()
