"""Try goals on the simulated arm through the action, as a user of it would, and count.

Example: ros2 run wm_robot_bringup validate --episodes 20 --seed 1 --json
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import rclpy
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.action import ActionClient
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.task import Future
from rclpy.utilities import remove_ros_args
from wm_robot_msgs.action import ReachGoal
from wm_robot_msgs.srv import ResetSimulation, ScoreSimulation

from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import write_json
from wm_robot_bringup.settings import node_namespace
from wm_robot_bringup.validation import Trial, episode_seed, line, summarize, verdict

ENDED = {
    ReachGoal.Result.TIME_OVER: "time over",
    ReachGoal.Result.REACHED: "reached",
    ReachGoal.Result.CANCELED: "cancelled",
    ReachGoal.Result.LATCHED: "latched",
    ReachGoal.Result.FAILED: "failed",
}
ANSWER_S = 30.0
"""How long a service may take."""


class Validator(Node):
    """Runs episodes: simulation reset, goal sent, result awaited, truth asked.

    Args:
        namespace: of the arm.
        patience_s: how long planner, safety controller and simulation may take to come up.
    """

    def __init__(self, namespace: str, patience_s: float) -> None:
        super().__init__("validate", namespace=node_namespace(namespace))
        self._patience_s = patience_s
        self._reset = self.create_client(ResetSimulation, "sim_robot/reset")
        self._score = self.create_client(ScoreSimulation, "sim_robot/score")
        self._safety = self.create_client(ChangeState, "safety_controller/change_state")
        self._planner = self.create_client(GetState, "planner/get_state")
        self._reach = ActionClient(self, ReachGoal, "reach_goal_image")

    def wait(self) -> None:
        """Until the planner is active, which is after everything else; raises WmrError when it never is."""
        deadline_ns = self._now_ns() + int(self._patience_s * 1e9)
        while self._now_ns() < deadline_ns:
            if self._planner.wait_for_service(timeout_sec=1.0):
                state = self._call(self._planner, GetState.Request()).current_state
                if state.id == State.PRIMARY_STATE_ACTIVE:
                    return
                self._sleep(0.2)
        raise WmrError(
            f"{self._planner.srv_name}: the planner is not active after {self._patience_s} s; "
            "`ros2 lifecycle get` of each node says which one is not"
        )

    def run(self, index: int, seed: int, time_limit_s: float) -> Trial:
        """One episode.

        Raises:
            WmrError: a node refuses, or does not answer.
        """
        # The arm jumps to where the episode starts, which a safety controller must not take for a motion.
        self._change(Transition.TRANSITION_DEACTIVATE)
        answer = self._call(self._reset, ResetSimulation.Request(seed=seed))
        if not answer.success:
            raise WmrError(f"{self._reset.srv_name}: {answer.message}")
        self._change(Transition.TRANSITION_ACTIVATE)
        began_ns = self._now_ns()
        result = self._pursue(ReachGoal.Goal(kind=ReachGoal.Goal.STORED, time_limit=time_limit_s, seed=seed))
        score = self._call(self._score, ScoreSimulation.Request())
        return Trial(
            index=index,
            seed=seed,
            success=score.success,
            error=score.error,
            unit=score.unit,
            ended=ENDED[result.ended],
            why=result.why,
            duration_s=(self._now_ns() - began_ns) * 1e-9,
            periods=result.periods,
        )

    def _pursue(self, goal: ReachGoal.Goal) -> ReachGoal.Result:
        if not self._reach.wait_for_server(timeout_sec=ANSWER_S):
            raise WmrError("nobody offers the action reach_goal_image")
        handle = self._await(self._reach.send_goal_async(goal), "the goal")
        if not handle.accepted:
            raise WmrError("the planner refuses the goal; it says why")
        return self._await(handle.get_result_async(), "the result", timeout_s=10 * ANSWER_S).result

    def _change(self, transition: int) -> None:
        request = ChangeState.Request(transition=Transition(id=transition))
        if not self._call(self._safety, request).success:
            raise WmrError("the safety controller refuses to be activated or deactivated; it says why")

    def _call(self, client: Any, request: Any) -> Any:
        if not client.wait_for_service(timeout_sec=ANSWER_S):
            raise WmrError(f"nobody offers {client.srv_name}")
        return self._await(client.call_async(request), client.srv_name)

    def _await(self, future: Future, what: str, timeout_s: float = ANSWER_S) -> Any:
        rclpy.spin_until_future_complete(self, future, timeout_sec=timeout_s)
        if not future.done():
            raise WmrError(f"{what}: no answer within {timeout_s} s")
        return future.result()

    def _sleep(self, duration_s: float) -> None:
        rclpy.spin_until_future_complete(self, Future(), timeout_sec=duration_s)

    def _now_ns(self) -> int:
        """Steady: the simulated clock may stand."""
        return rclpy.clock.Clock(clock_type=rclpy.clock.ClockType.STEADY_TIME).now().nanoseconds


def main() -> None:
    arguments = _parser().parse_args(remove_ros_args(sys.argv)[1:])
    rclpy.init()
    try:
        sys.exit(_validate(arguments))
    except WmrError as error:
        print(f"validate: {error}", file=sys.stderr)
        sys.exit(2)
    except (KeyboardInterrupt, ExternalShutdownException):
        sys.exit(130)
    finally:
        rclpy.try_shutdown()


def _validate(arguments: argparse.Namespace) -> int:
    validator = Validator(arguments.namespace, arguments.patience)
    validator.wait()
    trials: list[Trial] = []
    say = sys.stderr if arguments.json else sys.stdout
    for index in range(arguments.episodes):
        trials.append(validator.run(index, episode_seed(arguments.seed, index), arguments.time_limit))
        print(line(trials[-1]), file=say, flush=True)
    summary = summarize(arguments.task, arguments.seed, trials)
    print(json.dumps(summary) if arguments.json else verdict(summary), flush=True)
    if arguments.output:
        write_json(Path(arguments.output), summary)
    return 0 if summary["success_rate"] >= arguments.floor else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="validate", description=__doc__.splitlines()[0])
    parser.add_argument("--episodes", type=int, default=20, help="how many goals are tried")
    parser.add_argument("--seed", type=int, default=1, help="of the goals, as in wmr eval")
    parser.add_argument("--task", default="reach", help="that the simulation runs; for the report alone")
    parser.add_argument("--namespace", default="", help="of the arm")
    parser.add_argument("--time-limit", type=float, default=0.0, help="[s] a goal; 0: the planner's own")
    parser.add_argument("--floor", type=float, default=0.0, help="exit code 1 where fewer succeed (0 to 1)")
    parser.add_argument("--patience", type=float, default=120.0, help="[s] for the nodes to come up")
    parser.add_argument("--output", default="", help="JSON file for the result")
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    return parser
