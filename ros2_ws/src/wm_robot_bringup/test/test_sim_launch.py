"""sim.launch.py as a user starts it: real nodes, several processes, DDS on loopback."""

import json
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy", reason="needs ROS 2")
from wm_robot_msgs.action import ReachGoal
from wm_robot_msgs.srv import ScoreSimulation

STANDS_RAD = 1e-4
"""Between the last two commands of an arm that was brought to rest; at full speed they are 9 mrad apart."""


PATIENT = """
/**/safety_controller:
  ros__parameters:
    watchdogs: {camera_s: 2.0, joint_state_s: 1.0, command_s: 1.0, plan_s: 3.0, chunk_s: 5.0}
"""
"""For two arms on one machine that may be busy; the watchdogs themselves are tested elsewhere. SO-101s are
commanded at 50 Hz: at a panda's 250 Hz one arm alone takes a core and a half."""


CELL = """
/**/planner:
  ros__parameters:
    camera_topics: [front=/cam1/color/image_raw/compressed, top=/cam2/rgb/compressed]
    camera_message: compressed
/**/safety_controller:
  ros__parameters:
    joint_states: cell/joint_states
"""
"""As it would be for a real arm with such cameras."""

SETTLED = 50
"""Joint states in which an arm that holds does not move."""


def stands(commands):
    (_, before), (_, last) = commands[-2:]
    return np.abs(np.subtract(last, before)).max() < STANDS_RAD


def test_a_simulated_arm_comes_up_by_itself_and_reaches_goals_through_the_action(launch, witness):
    arm = launch("sim.launch.py")
    witness.active(arm)
    run = ["ros2", "run", "wm_robot_bringup", "validate", "--episodes=20", "--seed=1", "--json"]
    result = subprocess.run(run, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr + arm.output
    summary = json.loads(result.stdout)
    assert summary["episodes"] == 20
    assert summary["success_rate"] >= 0.9, result.stderr
    (told,) = Path(os.environ["ROS_HOME"]).glob("log/*-*/planner_parameters.yaml")
    assert yaml.safe_load(told.read_text())["/**"]["ros__parameters"]["checkpoint"] == "reach"


def test_a_cells_own_topics_are_simulated_and_recorded_as_they_are_on_the_arm(launch, witness, tmp_path):
    config, bags = tmp_path / "my_cell.yaml", tmp_path / "bags"
    config.write_text(CELL)
    arm = launch("sim.launch.py", config=config)
    witness.active(arm)
    recorder = launch("record.launch.py", config=config, use_sim_time="true", output=bags)
    witness.until(lambda: "recording /" in recorder.output, recorder)
    result = witness.reach(arm).get_result_async()
    witness.spin(result.done, arm)
    ended = result.result().result
    assert (ended.ended, ended.periods > 10) == (ReachGoal.Result.TIME_OVER, True), ended.why
    assert witness.call(arm, ScoreSimulation, "/wm_robot/sim_robot/score").success
    recorder.interrupt()
    assert recorder.ended() == 0, recorder.output
    metadata = yaml.safe_load(next(bags.glob("*/metadata.yaml")).read_text())
    counted = {
        entry["topic_metadata"]["name"]: (entry["topic_metadata"]["type"], entry["message_count"])
        for entry in metadata["rosbag2_bagfile_information"]["topics_with_message_count"]
    }
    for topic in ("/cam1/color/image_raw/compressed", "/cam2/rgb/compressed"):
        kind, count = counted[topic]
        assert (kind, count > 20) == ("sensor_msgs/msg/CompressedImage", True)
    assert counted["/cell/joint_states"][1] > 100


def test_ctrl_c_while_the_arm_moves_leaves_it_at_rest(launch, witness):
    arm = launch("sim.launch.py")
    witness.active(arm)
    commands = witness.watch()
    witness.set_going(arm, commands)
    arm.interrupt()
    assert witness.until_ended(arm) == 0, arm.output
    assert stands(commands)


def test_a_planner_that_is_killed_stops_the_arm_and_ends_the_launch_as_failed(launch, witness):
    arm = launch("sim.launch.py")
    witness.active(arm)
    commands = witness.watch()
    witness.set_going(arm, commands)
    os.kill(arm.node("planner"), signal.SIGKILL)
    assert witness.until_ended(arm) == 1
    assert "planner was killed by signal 9. The arm is stopped" in arm.output
    assert stands(commands)


def test_a_safety_controller_that_is_killed_leaves_the_arm_where_it_was_commanded_and_ends_the_launch(
    launch, witness
):
    arm = launch("sim.launch.py")
    witness.active(arm)
    commands, joints = witness.watch(), witness.joints()
    witness.set_going(arm, commands)
    arm.process.send_signal(signal.SIGSTOP)  # else it ends the simulation before the arm can be looked at
    os.kill(arm.node("safety_controller"), signal.SIGKILL)
    heard = -1
    for _ in range(20):  # the witness may hear commands late; then nobody commands the arm any more
        if heard == (heard := len(commands)):
            break
        count = len(joints) + 3 * SETTLED
        witness.spin(lambda n=count: len(joints) > n, arm)
    assert heard == len(commands)
    assert np.ptp(joints[-SETTLED:], axis=0).max() < 1e-3
    np.testing.assert_allclose(joints[-1], commands[-1][1], atol=0.02)
    arm.process.send_signal(signal.SIGCONT)
    assert witness.until_ended(arm) == 1
    assert (
        "safety_controller was killed by signal 9. The arm goes to its last command and holds it"
        in arm.output
    )


def test_an_arm_that_is_killed_ends_the_launch_as_failed(launch, witness):
    arm = launch("sim.launch.py")
    witness.active(arm)
    commands = witness.watch()
    witness.set_going(arm, commands)
    os.kill(arm.node("sim_robot"), signal.SIGKILL)
    assert witness.until_ended(arm) == 1
    assert "sim_robot was killed by signal 9. That was the arm" in arm.output
    assert stands(commands)


def test_two_arms_in_namespaces_of_their_own_reach_their_goals_at_once(launch, witness, tmp_path):
    namespaces = ("left", "right")
    config = tmp_path / "patient.yaml"
    config.write_text(PATIENT)
    arms = {
        name: launch("sim.launch.py", robot="so101", namespace=name, seed=i, config=config)
        for i, name in enumerate(namespaces)
    }
    seen: dict[str, list] = {}
    for name, arm in arms.items():
        witness.active(arm, f"/{name}")
        seen[name] = witness.watch(f"/{name}")
    results = {name: witness.reach(arm, f"/{name}", 10.0).get_result_async() for name, arm in arms.items()}
    for name, arm in arms.items():
        witness.spin(results[name].done, arm)
        result = results[name].result().result
        assert result.ended == ReachGoal.Result.TIME_OVER, f"{name}: {result.why}"
        assert np.ptp([q for _, q in seen[name]], axis=0).max() > 0.05
        score = witness.call(arm, ScoreSimulation, f"/{name}/wm_robot/sim_robot/score")
        assert score.success, f"{name}: {score.error} m"
        assert score.seed == namespaces.index(name)
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
