"""`wmr check` over the wire of ROS 2: what it reads, and that it sends nothing."""

import json

import pytest

from wm_robot.cli.main import main
from wm_robot.robots import get_robot

UR5E = get_robot("ur5e")


@pytest.fixture
def check(network, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run():
        where = ["--domain-id", str(network.domain_id), "--namespace", network.namespace, "--localhost-only"]
        arm = ["--robot", "ur5e", "--driver", "ros_dds", "--controller", "position"]
        code = main(["check", *arm, *where, "--seconds", "0.5", "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_an_arm_at_home_is_read_and_nothing_is_sent(arm, network, check):
    states, commands = network.topic("joint_states"), network.topic("position/commands")
    arm("advertise", topic=states, message="JointState")
    arm("subscribe", topic=commands, message="Float64MultiArray")
    # Foreign joints and another order are what a joint_state_broadcaster sends.
    names, home = ["finger", *reversed(UR5E.joint_names)], [0.1, *reversed(UR5E.home)]
    arm("stream", topic=states, joints={"name": names, "position": home, "velocity": [0.0] * 7, "effort": []})
    code, answer = check()
    found = {f["name"]: f for f in answer["findings"]}
    assert [joint["name"] for joint in answer["joints"]] == list(UR5E.joint_names)
    assert [joint["position_rad"] for joint in answer["joints"]] == pytest.approx(list(UR5E.home))
    assert all(f["level"] != "problem" for f in found.values()), found
    assert (code, answer["healthy"]) == (0, True)
    assert arm("received", topic=commands) == []


def test_nobody_there_is_a_problem_that_names_the_topic(network, check):
    code, answer = check()
    problem = next(f for f in answer["findings"] if f["level"] == "problem")
    assert code == 1
    assert network.topic("joint_states").removeprefix("rt") in problem["detail"]
