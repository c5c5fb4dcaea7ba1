"""The control loop's end of the line to the planner: topics of this package's messages."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from wm_hardware.ros_peer import RosSubscription

from wm_robot.core.arrays import FloatArray
from wm_robot.core.clock import Clock
from wm_robot.core.errors import DriverError
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.flight_messages import CameraReport, ChunkReceived, PlannerReport
from wm_robot_ros.ros_time import OrderedStamps, RosTime, nanoseconds

ACTIONS = ("dx", "dy", "dz")
"""What an action may say; one that is not named is no displacement."""


class RosLine:
    """`PlannerLine` over ActionChunk and PlannerHeartbeat.

    A heartbeat is as old as its stamp says, and as old as its arrival where the stamp is early: a planner
    whose clock is ahead cannot live on after its end.

    Args:
        chunks: of ActionChunk.
        heartbeats: of PlannerHeartbeat.
        time: places stamps.
        clock: steady.
        tell: takes the arm's status after each cycle.
        frame: whose axes actions must be along, where a chunk names a frame.
    """

    def __init__(
        self,
        chunks: RosSubscription,
        heartbeats: RosSubscription,
        time: RosTime,
        clock: Clock,
        tell: Callable[[ArmStatus], None],
        *,
        frame: str,
    ) -> None:
        self._chunks, self._heartbeats, self._frame = chunks, heartbeats, frame
        self._time, self._clock, self.tell = time, clock, tell
        self._heard = False
        self._stamps: defaultdict[str, OrderedStamps] = defaultdict(
            lambda: OrderedStamps(time.to_steady, clock.now_ns)
        )

    def chunk(self) -> ChunkReceived | None:
        message = _newest(self._chunks)
        if message is None:
            return None
        unclear = problem(message, self._frame)
        return ChunkReceived(
            arrival_ns=self._clock.now_ns(),
            observation_stamp_ns=self._time.to_steady(nanoseconds(message.header.stamp)),
            start_ns=self._time.to_steady(nanoseconds(message.start)),
            dt_s=message.dt,
            actions=np.zeros((0, len(ACTIONS))) if unclear else displacements(message),
            plan_id=message.plan_id,
            unclear=unclear,
        )

    def report(self) -> PlannerReport | None:
        message = _newest(self._heartbeats)
        if message is None:
            return None
        self._heard = True
        return PlannerReport(
            heartbeat_ns=self._place("heartbeat", message.header.stamp),
            plan_began_ns=self._place("plan", message.plan_began),
            cameras=tuple(
                CameraReport(
                    name=camera.name,
                    stamp_ns=self._place(f"picture of {camera.name}", camera.stamp),
                    changed_ns=self._place(f"change of {camera.name}", camera.changed),
                )
                for camera in message.cameras
            ),
        )

    def alive(self) -> bool:
        """A planner that never was is no fault; one that was is there while it publishes heartbeats."""
        return not self._heard or self._heartbeats.matched

    def rival(self) -> str:
        """Two planners would drive the arm in turns."""
        for topic in (self._chunks, self._heartbeats):
            if topic.publishers > 1:
                return (
                    f"{topic.publishers} publishers on {topic.topic}: leave one planner running "
                    f"(`ros2 topic info --verbose {topic.topic}` names them)"
                )
        return ""

    def _place(self, what: str, stamp: Any) -> int:
        return self._stamps[what].place(nanoseconds(stamp))


def problem(message: Any, frame: str) -> str:
    """Why an ActionChunk is nothing that could be carried out along the axes of `frame`; "" where it is."""
    plan, names, count = f"plan {message.plan_id}", list(message.action_names), len(message.actions)
    if message.header.frame_id not in ("", frame):
        return f"{plan} is along the axes of {message.header.frame_id!r}; valid: {frame!r} (base_frame)"
    if not names or len(set(names)) != len(names) or not set(names) <= set(ACTIONS):
        return (
            f"{plan} has actions named {', '.join(names) or 'nothing'}; valid: some of {', '.join(ACTIONS)}"
        )
    if count % len(names):
        return f"{plan} has {count} numbers for actions of {len(names)} each"
    return ""


def displacements(message: Any) -> FloatArray:
    """The actions of an ActionChunk that has no `problem`, by name, as (H, 3) of dx, dy and dz, m."""
    names, numbers = message.action_names, np.asarray(message.actions, dtype=float)  # (H · names,)
    wanted = np.zeros((len(numbers) // len(names), len(ACTIONS)))  # (H, 3)
    wanted[:, [ACTIONS.index(name) for name in names]] = numbers.reshape(-1, len(names))
    return wanted


def _newest(subscription: RosSubscription) -> Any:
    with suppress(DriverError):  # then nothing comes any more, and the watchdogs see that
        messages = subscription.take()
        return messages[-1] if messages else None
    return None
