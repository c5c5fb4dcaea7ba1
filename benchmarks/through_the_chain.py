"""Success of a task through control process, safety filter and simulated arm, in real time.

Each episode starts its own control process, as `wmr run` does. The direct path is `wmr eval`: the same
goals, the simulator stepped by the planner itself.

    python benchmarks/through_the_chain.py --task reach --episodes 100 --json
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro
from wm_controllers.kinematics import load_arm
from wm_sim.camera import SimCamera
from wm_sim.driver import SimConfig
from wm_sim.observer import SimObserver
from wm_sim.scene import model_path

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.core.seeding import derive_seed
from wm_robot.data.progress import progress_bar
from wm_robot.evaluation.wilson import wilson_interval
from wm_robot.models.checkpoint import load_checkpoint
from wm_robot.robots import get_robot
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.arm_link import ArmLink
from wm_robot.runtime.arm_session import ArmSession
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.pipeline import ControlConfig

STATION = "through-the-chain"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure.

    Args:
        task: reach or push.
        episodes: goals, those of `wmr eval --seed` with the same seed.
        seed: of the goals.
        steps: control periods of an episode.
        json: print one JSON object.
    """

    task: str = "reach"
    episodes: int = 100
    seed: int = 1
    steps: int = 20
    json: bool = False


def main(options: Options) -> None:
    model = load_checkpoint(shipped_checkpoint(options.task))
    agent = LatentMPC(model)
    spec = get_robot(model.config.robot)
    arm = load_arm(model_path(spec), spec)
    axes = tuple("xyz".index(name[-1]) for name in model.action_space.names)
    errors, successes, plans, overruns, faults = [], 0, [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for index in progress_bar(range(options.episodes), options.task, options.episodes, shown=True):
            run = ControlRun(
                station=STATION,
                robot=spec,
                driver="sim",
                driver_config=SimConfig(
                    task=options.task, seed=derive_seed(options.seed, "eval", index), name=STATION
                ),
                control=ControlConfig(axes=axes),
                folder=Path(folder) / str(index),
            )
            with ArmLink(run) as link:
                observer = SimObserver(STATION)
                cameras = [SimCamera(name, simulation=STATION) for name in model.observation_space.cameras]
                for camera in cameras:
                    camera.connect()
                session = ArmSession(link, cameras, arm, model.action_space, model.observation_space)
                result = session.run(agent, observer.goal(), steps=options.steps, seed=index)
                score = observer.score()
            errors.append(score.error)
            successes += score.success
            plans += result.plan_s
            overruns += result.overruns
            if result.ended != "done":
                faults += 1
                print(f"episode {index}: {result.ended}", file=sys.stderr)
    low, high = wilson_interval(successes, options.episodes)
    answer = {
        "task": options.task,
        "episodes": options.episodes,
        "success_rate": successes / options.episodes,
        "success_ci": [low, high],
        "median_final_error_m": float(np.median(errors)),
        "plan_ms_p50": 1e3 * float(np.quantile(plans, 0.5)),
        "plan_ms_p99": 1e3 * float(np.quantile(plans, 0.99)),
        "overruns": overruns,
        "stopped_by_faults": faults,
        "seed": options.seed,
    }
    if options.json:
        print(json.dumps(answer))
    else:
        for name, value in answer.items():
            print(f"{name:>22}  {value}")


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
