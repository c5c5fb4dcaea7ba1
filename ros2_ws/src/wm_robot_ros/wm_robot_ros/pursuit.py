"""Pursues goals with the arm that a safety controller commands."""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass

import wm_robot_msgs.msg
from numpy.typing import ArrayLike
from rclpy.node import Node
from wm_controllers.kinematics import load_arm
from wm_hardware.ros_camera import RosCamera, RosCameraConfig
from wm_hardware.ros_network import RosNetwork
from wm_sim.scene import model_path

from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import WmrError
from wm_robot.core.types import ActionChunk, Goal, Image, Observation
from wm_robot.kernels.backend import make_backend
from wm_robot.models.world_model import WorldModel
from wm_robot.planners.objective import goal_terms
from wm_robot.planners.planning import PlanningConfig, for_goal
from wm_robot.robots import get_robot
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.arm_session import ArmSession, Period
from wm_robot_ros.cell_settings import CellSettings
from wm_robot_ros.diagnostics import Diagnosis, of_planner
from wm_robot_ros.episode_topics import EpisodeTopics
from wm_robot_ros.frame_sync import FrameSync
from wm_robot_ros.node_peer import SENSOR_QOS, NodePeer
from wm_robot_ros.planner_page import PlannerPage
from wm_robot_ros.planner_topics import PlannerTopics
from wm_robot_ros.ros_link import RosLink
from wm_robot_ros.ros_time import RosTime
from wm_robot_ros.service_calls import ServiceCalls

ARRIVED = 2
"""Periods in a row that the goal must be near before it counts as reached."""

DEACTIVATED = "the planner was deactivated"

FREE_S = 0.2
"""For which somebody who wants to see waits until nobody else looks."""

RECENT = 100
"""Plans that diagnostics look back at."""


@dataclass(kw_only=True)
class Pursued:
    """How the pursuit of a goal ended.

    Args:
        ended: "time over", "reached", "canceled", DEACTIVATED, or the faults that stopped the arm.
        goal_distance: at the last observation.
        periods: carried out.
    """

    ended: str = "time over"
    goal_distance: float = math.nan
    periods: int = 0


class Pursuit:
    """Model, cameras and the line to the safety controller, from activation to deactivation.

    Args:
        node: that speaks for it; an executor spins it.
        cell: where the inputs are.
        model: to plan with.
        planning: how to search, now; asked before each plan.
        page: shows each period and hears what is asked there; None for none.

    Raises:
        DriverError: a camera shows nothing; from `pursue`, one has gone, or the safety controller is silent.
    """

    def __init__(
        self,
        node: Node,
        cell: CellSettings,
        model: WorldModel,
        planning: Callable[[], PlanningConfig],
        page: PlannerPage | None = None,
    ) -> None:
        self._model, self._planning, self._page = model, planning, page
        self._clock, peer = SteadyClock(), NodePeer(node)
        robot = get_robot(model.config.robot)
        self.arm = load_arm(model_path(robot), robot)
        self._backend = make_backend(cell.backend, model.predictor_arrays())
        time, own = RosTime(peer.now_ns, self._clock), _own(node)
        arm_peer = NodePeer(node, cell.arm_namespace)
        self._cameras = [
            RosCamera(
                name,
                RosCameraConfig(
                    topic=cell.topic(name),
                    message=cell.camera_message,
                    max_future_s=cell.max_future_s,
                ),
                self._clock,
                peer=arm_peer,
            )
            for name in model.observation_space.cameras
        ]
        self._sync = FrameSync(self._cameras, cell.sync_slop_s)
        wm, space = wm_robot_msgs.msg, model.action_space
        prefix = f"{cell.arm_namespace.strip('/')}/".lstrip("/")
        axes = ["xyz".index(name[-1]) for name in space.names]
        in_arm = RosNetwork(namespace=cell.arm_namespace).topic
        pictures = [in_arm(cell.topic(name)) for name in model.observation_space.cameras]
        with ExitStack() as stack:  # what fails midway must not look like a planner that lives
            end = stack.enter_context
            self._link = RosLink(
                wm,
                chunks=end(closing(peer.advertise(own("chunks"), wm.ActionChunk))),
                heartbeats=end(closing(peer.advertise(own("heartbeat"), wm.PlannerHeartbeat))),
                statuses=end(closing(peer.subscribe(own("safety_status"), wm.SafetyStatus, SENSOR_QOS))),
                request=end(closing(ServiceCalls(node, ("stop",)))),
                time=time,
                clock=self._clock,
                space=space,
                joint_names=robot.joint_names,
                frame=cell.base_frame,
            )
            self.topics = end(
                closing(PlannerTopics(node, time, frame=cell.base_frame, prefix=prefix, axes=axes))
            )
            self._episode = end(
                closing(EpisodeTopics(node, frame=cell.base_frame, config=model.config, pictures=pictures))
            )
            self._ends = stack.pop_all()
        self._looking, self._end = threading.Lock(), threading.Event()
        self._goal: Goal | None = None
        self._recent: deque[tuple[float, float, bool]] = deque(maxlen=RECENT)

    @property
    def busy(self) -> bool:
        """Whether a goal is pursued."""
        return self._goal is not None

    def open(self) -> None:
        """Connect the cameras."""
        for camera in self._cameras:
            camera.connect()

    def close(self) -> None:
        """Give a goal up that is pursued, and leave the network once the arm stands."""
        self._end.set()
        with self._looking:
            for camera in self._cameras:
                camera.disconnect()
            self._ends.close()

    def beat(self) -> None:
        """A sign of life, also while a plan is computed."""
        if not self._end.is_set():
            with suppress(WmrError):  # whoever ends this closes the way
                self._link.beat()

    def pictures(self) -> dict[str, Image]:
        """What the cameras see now; raises WmrError while a goal is pursued."""
        if not self._looking.acquire(timeout=FREE_S):
            raise WmrError("a goal is pursued; cancel it first")
        try:
            return {name: frame.image for name, frame in self._sync.look().items()}
        finally:
            self._looking.release()

    def check(self, planning: PlanningConfig) -> None:
        """Raises WmrError where no cost of `planning` reads the goal that is pursued."""
        if (goal := self._goal) is not None:
            costs = for_goal(planning, goal).make_costs()
            goal_terms(self._model, costs, goal, planning.search.horizon)

    def diagnosis(self) -> Diagnosis:
        """How ready this is, or how the pursuit goes."""
        fault = ""
        if not self.busy:
            try:
                self.pictures()
                self._link.status()
            except WmrError as error:
                fault = "" if self.busy else str(error)
        now_ns = self._clock.now_ns()
        return of_planner(
            self.busy,
            tuple(self._recent),
            ages_s={name: (now_ns - ns) * 1e-9 for name, ns in self._sync.stamps_ns().items()},
            dropped={camera.name: camera.out_of_order for camera in self._cameras},
            fault=fault,
        )

    def pursue(
        self,
        goal: Goal,
        *,
        time_limit_s: float,
        tolerance: float,
        seed: int,
        canceled: Callable[[], bool],
        on_period: Callable[[Period, float], None],
    ) -> Pursued:
        """Drive the arm until the goal is reached, the time is over, or something stops it.

        Args:
            goal: images or pose.
            time_limit_s: of the motion.
            tolerance: see ReachGoal.
            seed: of random numbers.
            canceled: whether to stop now.
            on_period: gets each control period and the distance to the goal.
        """
        space, done, near = self._model.action_space, Pursued(), 0
        agent = LatentMPC(self._model, for_goal(self._planning(), goal), backend=self._backend)
        page = self._page and self._page.begin(agent, goal)
        actor = _Tuned(agent, lambda: for_goal(self._planning(), goal), self._picture_ns)

        def told(period: Period) -> None:
            nonlocal near
            done.goal_distance = agent.goal_distance()
            near = near + 1 if done.goal_distance < tolerance else 0
            plan = agent.last_plan
            self.topics.tell(agent, period, goal)
            self._episode.tell(period, actor.seen_ns)
            self._recent.append((period.plan_s, period.age_s, plan is not None and plan.deadline_missed))
            on_period(period, done.goal_distance)
            if page is not None:
                page(period)

        def over() -> bool:
            return near >= ARRIVED or canceled() or self._end.is_set()

        with self._looking, self._pursuing(goal):
            session = ArmSession(
                self._link, self._sync.members(), self.arm, space, self._model.observation_space
            )
            steps = max(round(time_limit_s * space.rate_hz), 1)
            self._episode.begin(seed)
            result = session.run(actor, goal, steps=steps, seed=seed, on_period=told, stop=over)
        done.periods = result.periods
        if result.ended == "stopped":
            given_up = DEACTIVATED if self._end.is_set() else "canceled"
            done.ended = "reached" if near >= ARRIVED else given_up
        elif result.ended != "done":
            done.ended = result.ended
        return done

    def _picture_ns(self) -> int:
        """Header stamp of the first camera's picture in the present set, ROS time."""
        camera = self._cameras[0]
        return camera.header_ns(self._sync.of(camera.name).stamp_ns)

    @contextmanager
    def _pursuing(self, goal: Goal) -> Iterator[None]:
        if self._end.is_set():
            raise WmrError(DEACTIVATED)
        self._goal = goal
        try:
            yield
        finally:
            self._goal = None
            if self._page is not None:
                self._page.end()
            with suppress(WmrError):  # as `beat`
                self._link.report({})


class _Tuned:
    """An actor whose settings people change while it acts; remembers which picture it saw."""

    def __init__(
        self, agent: LatentMPC, planning: Callable[[], PlanningConfig], picture_ns: Callable[[], int]
    ) -> None:
        self._agent, self._planning, self._picture_ns = agent, planning, picture_ns
        self.seen_ns = 0

    def reset(self, goal: Goal, seed: int = 0) -> None:
        self._agent.reset(goal, seed)

    def observe(self, observation: Observation, executed: ArrayLike | None = None) -> None:
        self.seen_ns = self._picture_ns()
        self._agent.observe(observation, executed)

    def plan(self, under_way: ArrayLike | None = None) -> ActionChunk:
        if (planning := self._planning()) != self._agent.planning:
            self._agent.tune(planning)
        return self._agent.plan(under_way)


def _own(node: Node) -> Callable[[str], str]:
    return lambda topic: f"{node.get_namespace().rstrip('/')}/{topic}"
