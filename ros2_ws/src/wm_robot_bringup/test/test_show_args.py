"""`--show-args` reads well: every argument is explained, none twice."""

import subprocess

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")


@pytest.mark.parametrize("file", ["robot", "sim", "record", "validate"])
def test_every_argument_of_a_launch_file_is_explained(file):
    command = ["ros2", "launch", "wm_robot_bringup", f"{file}.launch.py", "--show-args"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "'namespace':" in shown
    assert "no description given" not in shown
    names = [line for line in shown.splitlines() if line.startswith("    '")]
    assert len(set(names)) == len(names) >= 3
