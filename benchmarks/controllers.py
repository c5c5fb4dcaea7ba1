"""Times one step of each streaming controller, and of the online trajectory, on the arms.

    python benchmarks/controllers.py [--loaded]

Prints the median and the 99th percentile of one step in microseconds of wall time, and the 99th percentile
of processor time, which leaves out how long others had the core. The QP's targets circle with a
radius of 10 cm at a pace that saturates joints; the other controllers follow the same stream. With
--loaded, two processes that compute without pause run beside it.
"""

import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np
import pinocchio as pin
import tyro
import wm_sim  # noqa: F401  (chooses OpenGL before mujoco does)
from wm_controllers.controller import CONTROLLERS, JointTarget, PoseTarget
from wm_controllers.kinematics import load_arm
from wm_controllers.online_trajectory import OnlineTrajectory
from wm_sim.scene import model_path

from wm_robot.core.arrays import FloatArray
from wm_robot.robots import ROBOTS, get_robot

BUSY = "import numpy as np\na = np.ones((300, 300))\nwhile True: a @ a"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Timings of the controllers.

    Args:
        steps: timed control periods of each controller and arm.
        loaded: whether two busy processes run beside it.
    """

    steps: int = 10_000
    loaded: bool = False


def main() -> None:
    options = tyro.cli(Options)
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2 if options.loaded else 0)]
    try:
        print(f"{'':18s} {'arm':6s} {'p50 µs':>8s} {'p99 µs':>8s} {'cpu p99':>8s}   n = {options.steps}")
        for name in ROBOTS:
            arm = load_arm(model_path(get_robot(name)), get_robot(name))
            for controller in CONTROLLERS:
                report(controller, name, stream(CONTROLLERS.get(controller)(arm), options.steps))
            report("online_trajectory", name, trajectory(get_robot(name), options.steps))
    finally:
        for process in busy:
            process.kill()


def report(what: str, arm: str, seconds: FloatArray) -> None:
    p50, p99 = np.percentile(seconds[:, 0], [50, 99]) * 1e6
    print(f"{what:18s} {arm:6s} {p50:8.0f} {p99:8.0f} {np.percentile(seconds[:, 1], 99) * 1e6:8.0f}")


def timed(step, *arguments):
    """What `step` returns, and the (wall, processor) time that it took, s."""
    wall, processor = time.perf_counter(), time.thread_time()
    result = step(*arguments)
    return result, (time.perf_counter() - wall, time.thread_time() - processor)


def stream(controller, steps: int) -> FloatArray:
    robot, seconds = controller.arm.robot, []
    q, v, period_s = np.array(robot.home), np.zeros(robot.nq), 1.0 / robot.control_rate_hz
    X_WE = controller.arm.place(q).copy()
    x, y, z, w = pin.Quaternion(X_WE.rotation).coeffs()
    quat_wxyz = np.array([w, x, y, z])
    for k in range(steps):
        turn = 6.0 * k * period_s
        p_WE = X_WE.translation + 0.1 * np.array([np.cos(turn) - 1.0, np.sin(turn), 0.0])
        target = PoseTarget(p_WE=p_WE, quat_wxyz=quat_wxyz)
        if controller.target is JointTarget:
            target = JointTarget(q=q + 0.1 * np.sin(turn), v=np.zeros(robot.nq), a=np.zeros(robot.nq))
        command, taken = timed(controller.step, q, v, target)
        seconds.append(taken)
        if controller.command == "velocity":
            v, q = command, q + command * period_s
    return np.array(seconds)


def trajectory(robot, steps: int) -> FloatArray:
    online, random, seconds = OnlineTrajectory(robot), np.random.default_rng(0), []
    target = np.array(robot.home)
    online.reset(target)
    for k in range(steps):
        if k % 25 == 0:
            target = random.uniform(robot.lower, robot.upper)
        seconds.append(timed(online.step, target)[1])
    return np.array(seconds)


if __name__ == "__main__":
    main()
