"""Tests on a real network: loopback and a domain of their own, so that they meet no other robot.

`counterpart` and `controlled_arm` are importable by name, also by the tests in folders.
"""

import os
import sys
from pathlib import Path

import pytest

os.environ.update(ROS_DOMAIN_ID="14", ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")
sys.path.insert(0, str(Path(__file__).parent))

pytest.importorskip("rclpy", reason="needs ROS 2")
