"""The planner's end of the line to the safety controller: topics and services of its namespace."""

import threading
import time as wall
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from wm_hardware.ros_peer import RosPublication, RosSubscription

from wm_robot.core.clock import Clock
from wm_robot.core.errors import DriverError
from wm_robot.core.joints import places
from wm_robot.core.spaces import ActionSpace
from wm_robot.core.types import ActionChunk, Frame
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.flight_messages import CameraReport
from wm_robot.runtime.planner_link import CameraWatch, StatusHistory
from wm_robot_ros.plan_messages import fill_chunk, fill_heartbeat
from wm_robot_ros.ros_time import OrderedStamps, RosTime, nanoseconds

SILENT_S = 1.0
"""How long the safety controller may tell nothing."""

END_S = 5.0
"""How long the arm may take to come to rest."""

MODES = {"STOPPED": Mode.STOPPED, "RUNNING": Mode.RUNNING, "STOPPING": Mode.STOPPING, "LATCHED": Mode.LATCHED}


class RosLink:
    """`PlannerLink` over a node's topics; a thread may `beat` while another one plans.

    Args:
        messages: namespace with ActionChunk, PlannerHeartbeat and CameraAge.
        chunks, heartbeats: where to send.
        statuses: SafetyStatus.
        request: calls the safety controller's service of a name; its answer, or WmrError.
        time: places stamps.
        clock: steady.
        space: of the actions that are sent.
        joint_names: of the arm, in the order of the statuses that are returned.
        frame: of the actions.
    """

    def __init__(
        self,
        messages: Any,
        *,
        chunks: RosPublication,
        heartbeats: RosPublication,
        statuses: RosSubscription,
        request: Callable[[str], dict[str, Any]],
        time: RosTime,
        clock: Clock,
        space: ActionSpace,
        joint_names: Sequence[str],
        frame: str,
    ) -> None:
        self._messages, self._chunks, self._heartbeats = messages, chunks, heartbeats
        self._statuses, self._request = statuses, request
        self._time, self._clock, self._space, self._joint_names = time, clock, space, joint_names
        self._frame = frame
        self._watched, self._history = CameraWatch(), StatusHistory()
        self._stamps: defaultdict[str, OrderedStamps] = defaultdict(
            lambda: OrderedStamps(time.to_ros, lambda: time.to_ros(clock.now_ns()))
        )
        self._status: ArmStatus | None = None
        self._heard_ns = clock.now_ns()
        self._taking, self._telling = threading.Lock(), threading.Lock()
        self._cameras: tuple[CameraReport, ...] = ()
        self._plan_began_ns = 0

    def status(self) -> ArmStatus:
        with self._taking:
            for message in self._statuses.take():
                self._status = self._read(message)
                if self._status is not None:
                    self._history.add(self._status)
                    self._heard_ns = self._clock.now_ns()
        silent_s = (self._clock.now_ns() - self._heard_ns) * 1e-9
        if silent_s > SILENT_S:
            raise DriverError(
                f"the safety controller commands no arm since {silent_s:.1f} s; next: see that it runs, and "
                "`ros2 lifecycle set <its name> activate`"
            )
        if self._status is None:
            wall.sleep(0.01)
            return self.status()
        return self._status

    def status_at(self, stamp_ns: int) -> ArmStatus:
        return self._history.nearest(stamp_ns)

    def report(self, frames: Mapping[str, Frame], plan_began_ns: int = 0) -> None:
        with self._telling:
            self._cameras, self._plan_began_ns = self._watched.reports(frames), plan_began_ns
            self._send_heartbeat()

    def beat(self) -> None:
        """A sign of life that tells again what was reported last."""
        with self._telling:
            self._send_heartbeat()

    def send(self, chunk: ActionChunk) -> None:
        message = self._messages.ActionChunk()
        fill_chunk(message, chunk, self._space.names, self._time, self._frame)
        self._chunks.send(message)

    def ask(self, request: str) -> dict[str, Any] | None:
        return self._request(request)

    def wait_for_rest(self) -> ArmStatus:
        until_ns = self._clock.now_ns() + round(END_S * 1e9)
        while (status := self.status()).state not in (Mode.STOPPED, Mode.LATCHED):
            if self._clock.now_ns() > until_ns:
                break
            wall.sleep(0.01)
        return status

    def _send_heartbeat(self) -> None:
        message = self._messages.PlannerHeartbeat()
        fill_heartbeat(
            message,
            self._messages.CameraAge,
            self._place,
            now_ns=self._clock.now_ns(),
            plan_began_ns=self._plan_began_ns,
            cameras=self._cameras,
        )
        self._heartbeats.send(message)

    def _place(self, what: str, steady_ns: int) -> int:
        return self._stamps[what].place(steady_ns)

    def _read(self, message: Any) -> ArmStatus | None:
        """None while the node does not command the arm."""
        modes = {getattr(message, name): mode for name, mode in MODES.items()}
        if message.mode not in modes:
            return None
        known = bool(message.position)
        order = places(message.joint_names, self._joint_names) if known else []
        return ArmStatus(
            now_ns=self._time.to_steady(nanoseconds(message.header.stamp)),
            state_ns=min(self._time.to_steady(nanoseconds(message.state_stamp)), self._clock.now_ns()),
            q=np.array(message.position)[order],
            v=np.array(message.velocity)[order],
            p_WE=np.array([message.tip.x, message.tip.y, message.tip.z]),
            state=modes[message.mode],
            faults=tuple(message.fault_words),
            reasons=tuple(message.reasons),
            epoch_ns=0,
            cycles=message.cycles,
        )
