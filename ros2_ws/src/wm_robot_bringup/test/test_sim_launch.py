"""sim.launch.py as a user starts it: real nodes, several processes, DDS on loopback."""

import json
import os
import signal
import subprocess

import numpy as np

STANDS_RAD = 1e-4
"""Between the last commands of an arm that was brought to rest; at full speed two are 9 mrad apart."""


def moves(commands, count=20):
    """Whether an arm is under way by its last commands."""
    positions = [q for _, q in commands[-count:]]
    return len(positions) == count and np.ptp(positions, axis=0).max() > 0.01


def stands(commands, count=5):
    positions = [q for _, q in commands[-count:]]
    return np.ptp(positions, axis=0).max() < STANDS_RAD


def test_a_simulated_arm_comes_up_by_itself_reaches_goals_and_is_left_at_rest(launch, witness):
    arm = launch("sim.launch.py")
    witness.active()
    run = ["ros2", "run", "wm_robot_bringup", "validate", "--episodes=20", "--seed=1", "--json"]
    result = subprocess.run(run, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr + arm.output
    summary = json.loads(result.stdout)
    assert summary["episodes"] == 20
    assert summary["success_rate"] >= 0.9, result.stderr

    commands = witness.watch()
    witness.reach()
    witness.spin(lambda: moves(commands))
    arm.interrupt()
    witness.spin(lambda: arm.process.poll() is not None, patience_s=40.0)
    assert arm.ended() == 0, arm.output
    assert stands(commands)


def test_a_planner_that_is_killed_stops_the_arm_and_ends_the_launch_as_failed(launch, witness):
    arm = launch("sim.launch.py")
    witness.active()
    commands = witness.watch()
    witness.reach()
    witness.spin(lambda: moves(commands))
    os.kill(arm.node("planner"), signal.SIGKILL)
    witness.spin(lambda: arm.process.poll() is not None, patience_s=40.0)
    assert arm.ended() == 1
    assert "planner was killed by signal 9. The arm is stopped" in arm.output
    assert stands(commands)


def test_two_arms_in_namespaces_of_their_own_reach_their_goals_at_once(launch, witness):
    namespaces = ("left", "right")
    arms = [launch("sim.launch.py", namespace=name, seed=seed) for seed, name in enumerate(namespaces)]
    seen = {}
    for name in namespaces:
        witness.active(f"/{name}")
        seen[name] = witness.watch(f"/{name}")
    results = [witness.reach(f"/{name}").get_result_async() for name in namespaces]
    for name in namespaces:
        witness.spin(lambda name=name: moves(seen[name]))
    for arm, future in zip(arms, results, strict=True):
        witness.spin(future.done)
        result = future.result().result
        assert result.periods > 0, arm.output
        assert result.goal_distance < 0.5, arm.output
    topics = dict(witness.node.get_topic_names_and_types())
    assert {"/left/clock", "/right/clock"} <= set(topics)
    assert "/clock" not in topics


def test_a_safety_controller_that_cannot_be_activated_ends_the_launch_and_says_where(launch):
    arm = launch("robot.launch.py", robot="panda", checkpoint="reach")  # there is no arm
    assert arm.ended(120.0) == 1
    assert "safety_controller came from activating to inactive instead of active" in arm.output
    assert "nobody publishes /joint_states" in arm.output


def test_an_argument_that_is_no_number_is_refused_by_its_name(launch):
    arm = launch("sim.launch.py", seed="seven")
    assert arm.ended() == 1
    assert "seed:=seven is no number" in arm.output
