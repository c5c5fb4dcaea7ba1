"""Node sim_robot: MuJoCo in the place of an arm under ros2_control and its cameras.

It publishes and accepts the topics of a real one, keeps simulated time, and knows how far the goal is.
"""

import math
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory
from wm_controllers.kinematics import load_arm
from wm_hardware.ros_network import RosNetwork
from wm_robot_msgs.srv import ResetSimulation, ScoreSimulation, StepSimulation
from wm_sim.driver import SimConfig
from wm_sim.paced_clock import START_NS, PacedClock
from wm_sim.scene import model_path

from wm_robot.core.errors import WmrError
from wm_robot.robots import get_robot
from wm_robot.runtime.control.scheduling import SIMULATION, prefer_process
from wm_robot_ros.arm_description import ArmDescription
from wm_robot_ros.camera_messages import frame_prefix
from wm_robot_ros.node_peer import COMMAND_QOS
from wm_robot_ros.parameters import Parameters
from wm_robot_ros.ros_time import fill
from wm_robot_ros.running import run_node
from wm_robot_ros.sim_arm import SimArm
from wm_robot_ros.sim_faults import WireFaults
from wm_robot_ros.sim_settings import FAULT, ROBOT, defaults, joint_names, sim_parameters, simulation_name
from wm_robot_ros.sim_studio import SimStudio
from wm_robot_ros.sim_topics import SimTopics
from wm_robot_ros.sim_world import SimWorld

LOOK_S = 0.2
"""Between two looks whether the simulation still runs."""

SAY_AGAIN_S = 2.0
"""After which a refusal is told again, where commands come in a stream."""


class SimRobot(Node):
    def __init__(self) -> None:
        super().__init__("sim_robot", namespace="wm_robot")
        parameters = Parameters(self)
        parameters.declare([ROBOT, FAULT], read_only=[ROBOT.name])
        robot = get_robot(parameters.values()[ROBOT.name])
        declared = sim_parameters(robot)
        parameters.declare(declared, read_only=[setting.name for setting in declared])
        settings = parameters.read(defaults(robot))
        names, order = joint_names(robot, settings)

        start_ns = START_NS if settings.publish_clock else time.time_ns()
        clock = PacedClock(settings.real_time_factor, start_ns=start_ns)
        config = SimConfig(
            task=settings.task,
            seed=settings.seed,
            shift=settings.shift,
            name=simulation_name(self.context.get_domain_id(), settings),
        )
        arm = SimArm(robot, config, clock, ros_names=names, controller_joints=order)
        self._faults = WireFaults(arm.faults, robot.joint_names)
        arm.connect()
        studio = SimStudio(config.name, settings.image_size)
        shape = load_arm(model_path(robot), robot)
        prefix = frame_prefix(settings.arm_namespace)
        description = ArmDescription(shape, names, settings.base_frame, prefix)
        topics = SimTopics(self, settings, names, description, self._faults)
        self._world = SimWorld(arm, studio, clock, topics, settings)
        self._suffer(parameters.values())
        parameters.watch(self._suffer)

        topic = RosNetwork(namespace=settings.arm_namespace).topic
        self._listen(Float64MultiArray, topic(f"{settings.controller}/commands"), arm.take_positions)
        self._listen(JointTrajectory, topic(f"{settings.controller}/joint_trajectory"), arm.take_trajectory)
        asked = MutuallyExclusiveCallbackGroup()  # commands are obeyed during a long step too
        for kind, name, answer in (
            (SetBool, "pause", self._pause),
            (ResetSimulation, "reset", _answer(self._reset)),
            (StepSimulation, "step", _answer(self._step)),
            (ScoreSimulation, "score", self._score),
        ):
            self.create_service(kind, f"sim_robot/{name}", answer, callback_group=asked)
        self.create_timer(LOOK_S, self._world.check, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._world.start()
        prefer_process(SIMULATION)  # a real arm does not wait for the processes of this machine
        self.get_logger().info(
            f"simulated {robot.name}, {config.task}, seed {config.seed}: commands on "
            f"{topic(settings.controller)}/commands and joint_trajectory"
        )

    def end(self) -> None:
        """The arm brakes, and time ends."""
        self._world.close()

    def _listen(self, message: type, topic: str, take: Callable[[Any], None]) -> None:
        def obey(command: Any) -> None:
            try:
                self._world.obey(take, command)
            except WmrError as error:
                self.get_logger().error(
                    f"{topic} refused, the arm stays with what it has: {error}",
                    throttle_duration_sec=SAY_AGAIN_S,
                )

        self.create_subscription(message, topic, obey, COMMAND_QOS)

    def _suffer(self, values: Mapping[str, Any]) -> None:
        fault = values[FAULT.name]
        if fault != self._faults.name:
            self._world.suffer(lambda now_ns: self._faults.set(fault, now_ns))

    def _pause(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._world.pause(request.data)
        response.success, response.message = True, "paused" if request.data else "running"
        return response

    def _reset(self, request: ResetSimulation.Request, response: ResetSimulation.Response) -> str:
        self._world.reset(request.seed)
        return f"episode {request.seed}"

    def _step(self, request: StepSimulation.Request, response: StepSimulation.Response) -> str:
        fill(response.now, self._faults.time_ns(self._world.step(request.duration)))
        return f"{request.duration:g} s later"

    def _score(self, _: ScoreSimulation.Request, response: ScoreSimulation.Response) -> Any:
        score, response.seed = self._world.score()
        response.error, response.unit, response.success = score.error, score.unit, score.success
        response.tolerance = math.nan if score.tolerance is None else score.tolerance
        return response


def _answer(action: Callable[[Any, Any], str]) -> Callable[[Any, Any], Any]:
    """A service that says whether `action` could be done, and what came of it."""

    def answer(request: Any, response: Any) -> Any:
        try:
            response.message, response.success = action(request, response), True
        except WmrError as error:
            response.message, response.success = str(error), False
        return response

    return answer


def main() -> None:
    sys.exit(run_node(SimRobot, SimRobot.end))
