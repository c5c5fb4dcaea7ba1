"""Tests on a real network: loopback and a domain of their own, so that they meet no other robot."""

import os

import pytest

os.environ.update(ROS_DOMAIN_ID="14", ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")

pytest.importorskip("rclpy", reason="needs ROS 2")
