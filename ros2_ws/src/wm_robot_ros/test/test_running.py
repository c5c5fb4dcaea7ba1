"""What spins a node."""

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
