"""What a flight log costs the control loop that writes it, and what a killed process loses of it.

Runs a loop at the control rate of a 7-joint arm that logs its inputs and outputs in every cycle, in turns
with an equal loop that does not. Prints the percentiles of the time that one `write` takes, by the clock
and by the processor's count for the thread (which leaves out what other processes took), and of how late
both loops wake up; then kills such a loop and prints how long before its death the log ends.

    python benchmarks/flight_log.py [--seconds 30] [--folder FOLDER]
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from wm_robot.core.clock import SteadyClock
from wm_robot.core.types import ActionChunk, JointState
from wm_robot.data.flight.log import FlightLog
from wm_robot.data.flight.reader import read_flight
from wm_robot.robots import get_robot
from wm_robot.runtime.flight_messages import (
    INPUTS,
    OUTPUTS,
    TOPICS,
    CameraReport,
    ChunkReceived,
    CycleInputs,
    CycleOutputs,
    PlannerReport,
)

ROBOT = get_robot("panda")
PERIOD_NS = round(1e9 / ROBOT.control_rate_hz)
CHUNK_EVERY = 25  # 10 plans a second
KILLS = 5
TURN_S = 2.0


def cycle(i: int, tick_ns: int, generator: np.random.Generator) -> tuple[CycleInputs, CycleOutputs]:
    """Messages of the size that a run has."""
    names, q = ROBOT.joint_names, generator.normal(size=(6, ROBOT.nq))
    chunk = ActionChunk(
        observation_stamp_ns=tick_ns,
        start_ns=tick_ns,
        dt_s=0.1,
        actions=generator.normal(size=(16, 7)),
        plan_id=i,
    )
    cameras = tuple(CameraReport(name=n, stamp_ns=tick_ns, changed_ns=tick_ns) for n in ("top", "wrist"))
    inputs = CycleInputs(
        now_ns=tick_ns,
        system_ns=time.time_ns(),
        state=JointState(stamp_ns=tick_ns, joint_names=names, q=q[0], v=q[1], gripper=0.5),
        planner=PlannerReport(heartbeat_ns=tick_ns, plan_began_ns=tick_ns, cameras=cameras),
        chunk=ChunkReceived.at(tick_ns, chunk) if i % CHUNK_EVERY == 0 else None,
    )
    outputs = CycleOutputs(q=q[2], v=q[3], wanted=q[4], p_WE=q[5, :3], state="running")
    return inputs, outputs


def fly(log: FlightLog | None, seconds: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time in `write`, processor time in it, and lateness of the loop, µs."""
    clock, generator = SteadyClock(), np.random.default_rng(0)
    spent, worked, late = [], [], []
    start_ns = clock.now_ns()
    for i in range(int(seconds * 1e9 / PERIOD_NS)):
        due_ns = start_ns + i * PERIOD_NS
        clock.sleep_until_ns(due_ns)
        tick_ns = clock.now_ns()
        late.append(tick_ns - due_ns)
        inputs, outputs = cycle(i, tick_ns, generator)
        if log is None:
            continue
        for topic, message in ((INPUTS, inputs), (OUTPUTS, outputs)):
            before_ns, worked_ns = clock.now_ns(), time.thread_time_ns()
            log.write(topic, tick_ns, message)
            worked.append(time.thread_time_ns() - worked_ns)
            spent.append(clock.now_ns() - before_ns)
    return np.array(spent) * 1e-3, np.array(worked) * 1e-3, np.array(late) * 1e-3


def show(what: str, values_us: np.ndarray) -> None:
    p50, p99, worst = np.percentile(values_us, (50, 99, 100))
    print(f"{what:38} p50 {p50:7.0f}   p99 {p99:7.0f}   max {worst:7.0f} µs")


def killed_after(folder: Path, seconds: float) -> float:
    """How much of its end the log of a killed process lacks, seconds."""
    path = folder / f"killed_{seconds}.mcap"
    child = subprocess.Popen([sys.executable, __file__, "--child", path], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()  # it flies
    time.sleep(seconds)
    os.kill(child.pid, signal.SIGKILL)
    death_ns = time.monotonic_ns()
    child.wait()
    last = max(record.stamp_ns for record in read_flight(path, {OUTPUTS: CycleOutputs}))
    return (death_ns - last) * 1e-9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--child", type=Path, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        with FlightLog(arguments.child, TOPICS, {}) as log:
            print("flying", flush=True)
            fly(log, 1e6)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        late, logged = [], []
        with FlightLog(folder / "flight.mcap", TOPICS, {}) as log:
            for _ in range(round(arguments.seconds / TURN_S)):
                late.append(fly(None, TURN_S)[-1])
                logged.append(fly(log, TURN_S))
        spent, worked, late_logged = (np.concatenate(values) for values in zip(*logged, strict=True))
        show("one write", spent)
        show("one write, processor time", worked)
        show("loop late without a log", np.concatenate(late))
        show("loop late with a log", late_logged)
        size = (folder / "flight.mcap").stat().st_size
        print(f"{size / 1e6 / arguments.seconds * 60:.1f} MB a minute, lost: {log.lost or 'nothing'}")
        missing = [killed_after(folder, 2.0 + 0.37 * i) for i in range(KILLS)]
        print(f"killed {KILLS} times: the log ends at most {max(missing):.2f} s before")


if __name__ == "__main__":
    main()
