"""Push a puck to where the goal image shows it."""

from collections.abc import Callable

import mujoco
import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import Score
from wm_robot.robots import Box, RobotSpec
from wm_sim.arm import TaskSpaceArm
from wm_sim.tasks.pushing import Play, Pusher
from wm_sim.tasks.task import Episode, distance_score, uniform

TOLERANCE_M = 0.04
PUCK_MASS_KG = 0.2
ROOM_BEHIND_M = 0.02
"""Left free between the workspace edge and a tool that touches the puck there."""
MIN_DISPLACEMENT_M = 0.08
MAX_DISPLACEMENT_M = 0.20


class Push:
    """A free cylinder on the table, 8 to 20 cm from its target; the tool stays at one height.

    In the goal image the tool stands beside the puck, 2 to 20 mm off it, on the side from which it
    would have been pushed there.
    """

    name = "push"
    axes = (0, 1)
    max_steps = 40

    def workspace(self, robot: RobotSpec) -> Box:
        """The robot's workspace at the one height of the tool, give or take a micrometre."""
        (x0, y0, z), (x1, y1, _) = robot.workspace.low, robot.workspace.high
        return Box(low=(x0, y0, z - 1e-6), high=(x1, y1, z + 1e-6))

    def add_objects(self, scene: mujoco.MjSpec, robot: RobotSpec) -> None:
        puck = scene.worldbody.add_body(name="puck", pos=[0, 0, puck_height(robot) / 2])
        puck.add_freejoint(name="puck")
        puck.add_geom(
            name="puck",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=[puck_radius(robot), puck_height(robot) / 2, 0],
            mass=PUCK_MASS_KG,
            condim=4,
            conaffinity=3,
            # Against the table 0.4; against the tool the larger of the two counts, 1.
            friction=[0.4, 0.005, 1e-4],
        )

    def sample(self, robot: RobotSpec, rng: np.random.Generator) -> Episode:
        box, contact = self.workspace(robot), contact_distance(robot)
        region = puck_region(robot)
        while True:
            puck, target = uniform(region, rng), uniform(region, rng)
            displacement = target - puck
            distance = float(np.linalg.norm(displacement[:2]))
            if MIN_DISPLACEMENT_M <= distance <= MAX_DISPLACEMENT_M:
                break
        while np.linalg.norm((tip := uniform(box, rng))[:2] - puck[:2]) < contact + 0.015:
            pass
        behind = displacement / distance * (contact + rng.uniform(0.002, 0.02))
        puck[2] = target[2] = puck_height(robot) / 2
        goal_tip = np.array([*(target - behind)[:2], tip[2]])
        return Episode(tip=tip, goal_tip=goal_tip, objects=puck[None], goal_objects=target[None])

    def place_objects(self, arm: TaskSpaceArm, centres: FloatArray) -> None:
        joint = arm.robot.data.joint("puck")
        joint.qpos[:] = (*centres[0], 1.0, 0.0, 0.0, 0.0)
        joint.qvel[:] = 0.0

    def score(self, arm: TaskSpaceArm, episode: Episode) -> Score:
        return distance_score(
            float(np.linalg.norm(puck_position(arm) - episode.goal_objects[0, :2])), TOLERANCE_M
        )

    def privileged_state(self, arm: TaskSpaceArm, episode: Episode) -> dict[str, float]:
        tip, puck = arm.tip, puck_position(arm)
        goal_tip, goal_puck = episode.goal_tip, episode.goal_objects[0]
        return {
            "ee_x": float(tip[0]),
            "ee_y": float(tip[1]),
            "puck_x": float(puck[0]),
            "puck_y": float(puck[1]),
            "goal_ee_x": float(goal_tip[0]),
            "goal_ee_y": float(goal_tip[1]),
            "goal_puck_x": float(goal_puck[0]),
            "goal_puck_y": float(goal_puck[1]),
        }

    def explore(self, arm: TaskSpaceArm, rng: np.random.Generator) -> Callable[[], FloatArray]:
        robot = arm.robot.spec
        return Play(arm, lambda: puck_position(arm), self._pusher(robot), puck_region(robot), rng)

    def oracle(self, arm: TaskSpaceArm, episode: Episode) -> Callable[[], FloatArray]:
        pusher = self._pusher(arm.robot.spec)

        def step() -> FloatArray:
            return pusher.displacement(arm.commanded[:2], puck_position(arm), episode.goal_objects[0, :2])

        return step

    def _pusher(self, robot: RobotSpec) -> Pusher:
        return Pusher(self.workspace(robot), contact_distance(robot))


def puck_radius(robot: RobotSpec) -> float:
    """3.5 cm, and less at an arm with a small workspace, m."""
    return min(0.035, 0.0875 * float(np.max(np.subtract(robot.workspace.high, robot.workspace.low))))


def puck_height(robot: RobotSpec) -> float:
    """Flat enough that it slides rather than tips, m."""
    return 1.14 * puck_radius(robot)


def contact_distance(robot: RobotSpec) -> float:
    """Between the axes of tool and puck when they touch, m."""
    return puck_radius(robot) + robot.tool_radius


def puck_position(arm: TaskSpaceArm) -> FloatArray:
    """Centre of the puck (2,), m, world frame."""
    return arm.robot.data.body("puck").xpos[:2].copy()


def puck_region(robot: RobotSpec) -> Box:
    """Where a puck may start or be wanted: the tool must be able to stand behind it on every side."""
    margin = contact_distance(robot) + ROOM_BEHIND_M
    (x0, y0, z0), (x1, y1, z1) = robot.workspace.low, robot.workspace.high
    return Box(low=(x0 + margin, y0 + margin, z0), high=(x1 - margin, y1 - margin, z1))
