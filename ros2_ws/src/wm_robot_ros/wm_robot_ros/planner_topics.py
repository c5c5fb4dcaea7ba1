"""What the planner publishes for people and programs that watch it."""

from types import SimpleNamespace

import geometry_msgs.msg
import nav_msgs.msg
import tf2_msgs.msg
import visualization_msgs.msg
import wm_robot_msgs.msg
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Header

from wm_robot.core.types import Goal
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.arm_session import Period
from wm_robot_ros.drawing import fan, frame_at, path_of, points
from wm_robot_ros.plan_messages import fill_status, goal_tip, tip_paths
from wm_robot_ros.ros_time import RosTime, fill

MESSAGES = SimpleNamespace(
    Marker=visualization_msgs.msg.Marker,
    MarkerArray=visualization_msgs.msg.MarkerArray,
    Path=nav_msgs.msg.Path,
    Point=geometry_msgs.msg.Point,
    PoseStamped=geometry_msgs.msg.PoseStamped,
    TransformStamped=geometry_msgs.msg.TransformStamped,
)


class PlannerTopics:
    """Publishers of what was planned and done.

    Args:
        node: whose they are.
        time: of stamps.
        frame: of positions.
        prefix: of the frames that are published, such as "left/" for one of two arms.
        axes: which of x, y, z an action displaces, in its order.
    """

    def __init__(self, node: Node, time: RosTime, *, frame: str, prefix: str, axes: list[int]) -> None:
        self._node, self._time = node, time
        self._frame, self._prefix, self._axes = frame, prefix, axes
        wm, shown = wm_robot_msgs.msg, visualization_msgs.msg
        self._status = node.create_publisher(wm.PlannerStatus, "planner_status", 10)
        self._rollouts = node.create_publisher(
            wm.CandidateRollouts, "candidate_rollouts", qos_profile_sensor_data
        )
        self._markers = node.create_publisher(shown.MarkerArray, "markers", 1)
        self._path = node.create_publisher(nav_msgs.msg.Path, "predicted_path", 1)
        self._tf = node.create_publisher(tf2_msgs.msg.TFMessage, "/tf", 10)

    def tell(self, agent: LatentMPC, period: Period, goal: Goal) -> None:
        """A control period that is over, and the plan made in it towards `goal`."""
        status = wm_robot_msgs.msg.PlannerStatus()
        fill_status(status, agent, period, self._time)
        self._status.publish(status)
        header = Header(frame_id=self._frame)
        fill(header.stamp, self._time.to_ros(period.status.now_ns))
        p_WG = goal_tip(agent.model, goal, period.status.p_WE)
        paths, costs = tip_paths(agent, period.status.p_WE, self._axes)
        self._rollouts.publish(
            wm_robot_msgs.msg.CandidateRollouts(
                header=header,
                plan_id=period.index,
                points_per_rollout=paths.shape[1],
                points=[point for path in paths for point in points(MESSAGES, path)],
                costs=costs.tolist(),
            )
        )
        self._markers.publish(fan(MESSAGES, header, paths, costs, p_WG))
        self._path.publish(path_of(MESSAGES, header, paths[0]))
        ends = [("tip", period.status.p_WE), ("predicted_tip", paths[0, -1]), ("goal", p_WG)]
        self._tf.publish(
            tf2_msgs.msg.TFMessage(
                transforms=[frame_at(MESSAGES, header, f"{self._prefix}{name}", p) for name, p in ends]
            )
        )

    def close(self) -> None:
        for publisher in (self._status, self._rollouts, self._markers, self._path, self._tf):
            self._node.destroy_publisher(publisher)
