"""Times one step of the safety filter, alone and with two busy processes beside it.

    python benchmarks/safety_filter.py --robot panda
    python benchmarks/safety_filter.py --robot panda --json

Commands: `sweep` follows a smooth path, `table` pushes the tool into the table, `far` jumps
between random targets, most of them out of reach or in collision. Wall-clock time of each step, so a step
that the scheduler interrupts counts in full; CPU time beside it.
"""

import json
import multiprocessing as mp
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import tyro
from wm_controllers.filters.safety_filter import SafetyFilter
from wm_controllers.kinematics import load_arm
from wm_sim.scene import model_path

from wm_robot.core.arrays import FloatArray
from wm_robot.core.seeding import rng
from wm_robot.core.types import JointCommand
from wm_robot.robots import RobotSpec, get_robot
from wm_robot.runtime.control.scheduling import CONTROL, prefer_thread


@dataclass(frozen=True, kw_only=True)
class Options:
    """Steps to time.

    Args:
        robot: arm.
        steps: of each kind of command.
        beside: busy processes in the second measurement.
        json: print one JSON object.
    """

    robot: str = "panda"
    steps: int = 3000
    beside: int = 2
    json: bool = False


Stream = Iterator[tuple[FloatArray, FloatArray]]


def sweep(robot: RobotSpec, steps: int) -> Stream:
    home, phase = np.array(robot.home), rng(0).uniform(0, 6, robot.nq)
    for k in range(steps):
        angle = 2 * k / robot.control_rate_hz + phase
        yield home + 0.1 * (np.sin(angle) - np.sin(phase)), 0.2 * np.cos(angle)


def table(robot: RobotSpec, steps: int) -> Stream:
    arm, home = load_arm(model_path(robot), robot), np.array(robot.home)
    turn = arm.place(home).rotation
    below = home + np.linalg.pinv(turn @ arm.jacobian()[:3]) @ np.array([0, 0, -0.2])
    for _ in range(steps):
        yield below, np.zeros(robot.nq)


def far(robot: RobotSpec, steps: int) -> Stream:
    q, random = np.array(robot.home), rng(1)
    for k in range(steps):
        if k % 200 == 0:
            q = random.uniform(robot.lower, robot.upper)
        yield q, np.zeros(robot.nq)


KINDS: tuple[Callable[[RobotSpec, int], Stream], ...] = (sweep, table, far)


def times(robot: RobotSpec, stream: Stream) -> dict[str, float]:
    """Figures of one stream, µs a step."""
    safety = SafetyFilter(load_arm(model_path(robot), robot), dt=1 / robot.control_rate_hz)
    safety.reset(robot.home)
    wall, cpu = [], []
    for k, (q, v) in enumerate(stream):
        command = JointCommand(stamp_ns=k + 1, joint_names=robot.joint_names, q=q, v=v)
        start, start_cpu = time.perf_counter_ns(), time.thread_time_ns()
        safety(command)
        cpu.append(time.thread_time_ns() - start_cpu)
        wall.append(time.perf_counter_ns() - start)
    wall_us, cpu_us = np.array(wall) / 1e3, np.array(cpu) / 1e3
    return {
        "p50_us": float(np.median(wall_us)),
        "p99_us": float(np.quantile(wall_us, 0.99)),
        "max_us": float(wall_us.max()),
        "cpu_p50_us": float(np.median(cpu_us)),
        "cpu_p99_us": float(np.quantile(cpu_us, 0.99)),
    }


def busy() -> None:
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # a planner, not a control loop
    while True:
        pass


def main() -> None:
    options = tyro.cli(Options)
    robot = get_robot(options.robot)
    preferred = prefer_thread(CONTROL)  # as in the control process
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for beside in (0, options.beside):
        processes = [mp.get_context("spawn").Process(target=busy, daemon=True) for _ in range(beside)]
        for process in processes:
            process.start()
        time.sleep(2.0 if beside else 0.0)  # until they have started
        figures[f"{beside} busy"] = {
            kind.__name__: times(robot, kind(robot, options.steps)) for kind in KINDS
        }
        for process in processes:
            process.terminate()
    if options.json:
        print(
            json.dumps(
                {"robot": robot.name, "steps": options.steps, "realtime": preferred, "figures": figures}
            )
        )
        return
    for load, kinds in figures.items():
        for kind, figure in kinds.items():
            print(f"{robot.name} {load} {kind:6}", *(f"{name} {value:.0f}" for name, value in figure.items()))


if __name__ == "__main__":
    main()
