"""What spins a node, and what ends it."""

import signal
import subprocess
import sys
import threading
import time

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from sensor_msgs.msg import Image
from wm_robot_ros.running import PatientExecutor

DOMAIN = 17
CHANGES_S = 5.0
HANGS = """
import sys, time
from rclpy.node import Node
from wm_robot_ros import running

running.END_S = 1.0
def make():
    print("made", flush=True)
    return Node("hanging")
sys.exit(running.run_node(make, lambda node: time.sleep(100.0)))
"""


@pytest.fixture
def node():
    context = Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    made = Node("changing", context=context)
    yield made
    made.destroy_node()
    context.try_shutdown()


def test_topics_may_come_and_go_while_a_node_is_spun(node):
    executor = PatientExecutor(2, context=node.context)
    executor.add_node(node)
    failures, ticks = [], []
    node.create_timer(0.001, lambda: ticks.append(time.monotonic()))

    def spin():
        try:
            executor.spin()
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    end = time.monotonic() + CHANGES_S
    while time.monotonic() < end and not failures:
        topics = [node.create_subscription(Image, f"picture_{i}", lambda _: None, 10) for i in range(8)]
        for topic in topics:
            node.destroy_subscription(topic)
    assert not failures
    count = len(ticks)
    time.sleep(0.5)
    assert len(ticks) > count  # it is still spun
    executor.shutdown(timeout_sec=5.0)


def test_a_node_that_hangs_at_its_end_is_ended_and_says_where_it_was():
    process = subprocess.Popen(
        [sys.executable, "-c", HANGS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "made\n"
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20.0)
    assert process.returncode == 1
    assert "Timeout" in errors
    assert "in run_node" in errors
