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
    """

    def __init__(
        self,
        chunks: RosSubscription,
        heartbeats: RosSubscription,
        time: RosTime,
        clock: Clock,
        tell: Callable[[ArmStatus], None],
    ) -> None:
        self._chunks, self._heartbeats = chunks, heartbeats
        self._time, self._clock, self.tell = time, clock, tell
        self._heard = False
        self._stamps: defaultdict[str, OrderedStamps] = defaultdict(
            lambda: OrderedStamps(time.to_steady, clock.now_ns)
        )

    def chunk(self) -> ChunkReceived | None:
        message = _newest(self._chunks)
        if message is None:
            return None
        return ChunkReceived(
            arrival_ns=self._clock.now_ns(),
            observation_stamp_ns=self._time.to_steady(nanoseconds(message.header.stamp)),
            start_ns=self._time.to_steady(nanoseconds(message.start)),
            dt_s=message.dt,
            actions=displacements(message.action_names, message.actions),
            plan_id=message.plan_id,
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


def displacements(names: list[str], actions: Any) -> FloatArray:
    """The actions of an ActionChunk by name, as (H, 3) of dx, dy and dz.

    NaN where they cannot be understood, which stops the arm: an unknown name or one that comes twice, or
    another count than so many numbers an action.
    """
    numbers = np.asarray(actions, dtype=float)  # (H · names,)
    known = bool(names) and len(set(names)) == len(names) and set(names) <= set(ACTIONS)
    if not known or len(numbers) % len(names):
        return np.full((1, len(ACTIONS)), np.nan)
    wanted = np.zeros((len(numbers) // len(names), len(ACTIONS)))  # (H, 3)
    wanted[:, [ACTIONS.index(name) for name in names]] = numbers.reshape(-1, len(names))
    return wanted


def _newest(subscription: RosSubscription) -> Any:
    with suppress(DriverError):  # then nothing comes any more, and the watchdogs see that
        messages = subscription.take()
        return messages[-1] if messages else None
    return None
