"""Candidate rollouts and plans as things that RViz draws; needs no ROS."""

from typing import Any

import numpy as np

from wm_robot.core.arrays import FloatArray

DARK_TO_BRIGHT = np.array([(0.27, 0.0, 0.33), (0.13, 0.57, 0.55), (0.99, 0.91, 0.14)])
"""Three colours of viridis, which the colour-blind tell apart too."""

GOAL = (0.9, 0.6, 0.0)
"""Orange, which is none of those colours."""

WIDTH_M = 0.002
GOAL_M = 0.02


def colour(share: float) -> FloatArray:
    """RGB (3,) from bright, at share 0, to dark, at 1."""
    return np.array(
        [np.interp(1.0 - share, (0.0, 0.5, 1.0), DARK_TO_BRIGHT[:, channel]) for channel in range(3)]
    )


def fan(messages: Any, header: Any, paths: FloatArray, costs: FloatArray, goal: FloatArray) -> Any:
    """A MarkerArray of paths, bright where they cost little, the first one thick, and of a ball at the goal.

    Args:
        messages: namespace with MarkerArray, Marker, Point.
        header: stamp and frame.
        paths: positions (N, T, 3), m.
        costs: (N,).
        goal: position (3,), m.
    """
    low, high = float(np.min(costs)), float(np.max(costs))
    cleared = messages.Marker(header=header, action=messages.Marker.DELETEALL)
    markers = [cleared, _ball(messages, header, goal)]
    for number, (path, cost) in enumerate(zip(paths, costs, strict=True)):
        marker = messages.Marker(header=header, ns="candidates" if number else "plan", id=number)
        marker.type, marker.action = messages.Marker.LINE_STRIP, messages.Marker.ADD
        marker.pose.orientation.w = 1.0
        marker.scale.x = WIDTH_M if number else 3 * WIDTH_M
        marker.color.r, marker.color.g, marker.color.b = map(
            float, colour((cost - low) / (high - low or 1.0))
        )
        marker.color.a = 0.5 if number else 1.0
        marker.points = points(messages, path)
        markers.append(marker)
    return messages.MarkerArray(markers=markers)


def _ball(messages: Any, header: Any, p: FloatArray) -> Any:
    marker = messages.Marker(header=header, ns="goal", id=0)
    marker.type, marker.action = messages.Marker.SPHERE, messages.Marker.ADD
    (marker.pose.position,), marker.pose.orientation.w = points(messages, p[None]), 1.0
    marker.scale.x = marker.scale.y = marker.scale.z = GOAL_M
    marker.color.r, marker.color.g, marker.color.b, marker.color.a = *GOAL, 0.8
    return marker


def points(messages: Any, path: FloatArray) -> list[Any]:
    """geometry_msgs/Point of positions (T, 3)."""
    return [messages.Point(x=float(x), y=float(y), z=float(z)) for x, y, z in path]


def path_of(messages: Any, header: Any, path: FloatArray) -> Any:
    """A nav_msgs/Path through positions (T, 3), m, the tool pointing down."""
    poses = []
    for point in points(messages, path):
        pose = messages.PoseStamped(header=header)
        pose.pose.position, pose.pose.orientation.x = point, 1.0
        poses.append(pose)
    return messages.Path(header=header, poses=poses)


def frame_at(messages: Any, header: Any, child: str, p: FloatArray) -> Any:
    """A TransformStamped that puts the frame `child` at `p` (3,), m, unturned."""
    transform = messages.TransformStamped(header=header, child_frame_id=child)
    there = transform.transform.translation
    there.x, there.y, there.z = map(float, p)
    transform.transform.rotation.w = 1.0
    return transform
