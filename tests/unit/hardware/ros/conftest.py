"""A ROS network of this test run's own, on loopback, and arms in other processes to meet there."""

import itertools
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from wm_hardware.ros_network import RosNetwork

from wm_robot.robots import get_robot

HERE = Path(__file__).parent
# Test runs side by side have neighbouring process ids; above 101, domains share ports with other programs.
DOMAIN_ID = 1 + os.getpid() % 101


class OtherProcess:
    """A peer that takes orders on its standard input and answers on its standard output."""

    def __init__(self, script, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / script), str(DOMAIN_ID), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.answer() == "ready"

    def answer(self):
        line = self.process.stdout.readline()
        assert line, f"{self.process.args} has died with exit code {self.process.wait()}"
        return json.loads(line)

    def __call__(self, do, **arguments):
        print(json.dumps({"do": do, **arguments}), file=self.process.stdin, flush=True)
        return self.answer()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """Let it leave the network in order; the bridge does not listen, and is killed."""
        try:
            self.process.communicate(timeout=0.3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


NETWORKS = itertools.count()


@pytest.fixture
def network():
    """A namespace for one test alone."""
    return RosNetwork(domain_id=DOMAIN_ID, namespace=f"test{next(NETWORKS)}", localhost_only=True)


@pytest.fixture
def arm():
    """An arm on Cyclone DDS that misbehaves to order."""
    arm = OtherProcess("ros_arm.py")
    yield arm
    arm.end()


@pytest.fixture
def dora_arm(network, tmp_path):
    """Starts an arm on RustDDS that publishes one topic and receives another."""
    arms = []

    def start(sensor, command):
        arms.append(OtherProcess("ros_peer.py", f"/{network.namespace}", str(tmp_path), sensor, command))
        return arms[-1]

    yield start
    for arm in arms:
        arm.end()


@pytest.fixture
def spec():
    """Three joints; the tests use their names alone, and the watchdogs' limits."""
    return replace(
        get_robot("ur5e"),
        name="three_joints",
        joint_names=("a", "b", "c"),
        lower=(-1.0, -1.0, -1.0),
        upper=(1.0, 1.0, 1.0),
        max_velocity=(1.0, 1.0, 1.0),
        max_acceleration=(1.0, 1.0, 1.0),
        max_jerk=(1.0, 1.0, 1.0),
        home=(0.0, 0.0, 0.0),
    )


@pytest.fixture
def eventually():
    """Wait until a function returns something true, and return that."""

    def wait(what, patience_s=10.0):
        end = time.monotonic() + patience_s
        while not (result := what()):
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.01)
        return result

    return wait
