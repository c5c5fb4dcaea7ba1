"""From a camera's header stamp to a command on the wire, and how evenly commands come, in ROS 2.

Starts sim.launch.py in the time of the system clock, pursues goals one after the other through the action,
and listens beside it. Needs ROS 2 and the built workspace (docs/ros2.md).

    python benchmarks/ros2_latency.py --duration-s 300 --output latency.json
"""

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rclpy
import tyro
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from std_msgs.msg import Float64MultiArray
from wm_robot_bringup.validate_node import Validator
from wm_robot_bringup.validation import episode_seed
from wm_robot_msgs.msg import ActionChunk, PlannerStatus, SafetyStatus

SETTLED = 300
"""Cycles since activation after which the loop's own figures of its periods say something."""

EVERYTHING = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)
PARAMETERS = """
/**/safety_controller:
  ros__parameters: {{rate_hz: {rate_hz}}}
"""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure.

    Args:
        robot: arm with a shipped checkpoint for reach: panda or so101.
        duration_s: of the measurement.
        rate_hz: of commands.
        output: JSON file for the figures.
    """

    robot: str = "panda"
    duration_s: float = 300.0
    rate_hz: float = 100.0
    output: Path | None = None


class Listener:
    """Arrival times, by the system clock, of what planner and safety controller send."""

    def __init__(self) -> None:
        self.node = node = rclpy.create_node("latency_listener")
        self.chunks: list[tuple[int, int, int, int]] = []  # plan id, stamp, start, arrival; ns
        self.commands: list[int] = []  # arrival, ns
        self.plan_s: list[float] = []
        self.errors_s: list[float] = []
        node.create_subscription(ActionChunk, "/wm_robot/chunks", self._chunk, EVERYTHING)
        node.create_subscription(
            Float64MultiArray, "/forward_position_controller/commands", self._command, EVERYTHING
        )
        node.create_subscription(PlannerStatus, "/wm_robot/planner_status", self._plan, EVERYTHING)
        node.create_subscription(
            SafetyStatus, "/wm_robot/safety_status", self._status, qos_profile_sensor_data
        )
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        threading.Thread(target=self._executor.spin, daemon=True).start()

    def _chunk(self, message: ActionChunk) -> None:
        self.chunks.append((message.plan_id, _ns(message.header.stamp), _ns(message.start), time.time_ns()))

    def _command(self, _: Float64MultiArray) -> None:
        self.commands.append(time.time_ns())

    def _plan(self, message: PlannerStatus) -> None:
        self.plan_s.append(message.plan_time)

    def _status(self, message: SafetyStatus) -> None:
        if message.cycles >= SETTLED and message.cycles % 50 == 0:
            self.errors_s.append(message.period_error_p99)


def main(options: Options) -> None:
    rclpy.init()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(PARAMETERS.format(rate_hz=options.rate_hz))
        config.flush()
        words = [f"robot:={options.robot}", f"config:={config.name}", "use_sim_time:=false"]
        launch = subprocess.Popen(["ros2", "launch", "wm_robot_bringup", "sim.launch.py", *words])
        try:
            figures = _measure(options)
        finally:
            launch.send_signal(signal.SIGINT)
            launch.wait(60.0)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.output is not None:
        options.output.write_text(text + "\n")


def _measure(options: Options) -> dict[str, object]:
    validator = Validator("", 120.0)
    validator.wait()
    listener, began_s, goals = Listener(), time.monotonic(), []
    while time.monotonic() - began_s < options.duration_s:
        goals.append(validator.run(len(goals), episode_seed(1, len(goals)), 0.0))
        print(f"{time.monotonic() - began_s:6.0f} s  {goals[-1].ended} {goals[-1].why}", file=sys.stderr)
    arrivals = np.array(listener.commands)
    first = [
        (arrivals[k] - stamp) * 1e-9
        for _, stamp, start, arrival in listener.chunks
        if (k := np.searchsorted(arrivals, max(start, arrival))) < len(arrivals)
        and arrivals[k] - max(start, arrival) < 50_000_000  # else the goal ended before it began
    ]
    between_s = np.diff(arrivals) * 1e-9
    errors_s = np.abs(between_s[between_s < 0.5] - 1.0 / options.rate_hz)  # without the pauses between goals
    return {
        "robot": options.robot,
        "duration_s": round(time.monotonic() - began_s),
        "goals": len(goals),
        "reached": sum(goal.success for goal in goals),
        "plans": len(listener.chunks),
        "commands": len(arrivals),
        "rate_hz": options.rate_hz,
        "stamp_to_chunk_ms": _spread([(arrival - stamp) * 1e-9 for _, stamp, _, arrival in listener.chunks]),
        "stamp_to_command_ms": _spread(first),
        "plan_ms": _spread(listener.plan_s),
        "period_error_on_the_wire_ms": _spread(errors_s),
        "period_error_p99_in_the_loop_ms": _spread(listener.errors_s),
    }


def _spread(seconds: object) -> dict[str, float]:
    values = 1000.0 * np.asarray(seconds, dtype=float)
    names = {"p50": 50, "p99": 99, "max": 100}
    return {
        name: round(float(np.percentile(values, share)), 2) for name, share in names.items() if len(values)
    }


def _ns(stamp: object) -> int:
    return stamp.sec * 1_000_000_000 + stamp.nanosec  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(tyro.cli(Options))
