"""The parts of the ROS 2 workspace that need no ROS are tested with everything else."""

import sys
from pathlib import Path

WORKSPACE = Path(__file__).parents[3] / "ros2_ws" / "src"
for package in ("wm_robot_ros", "wm_robot_bringup"):
    if (path := str(WORKSPACE / package)) not in sys.path:
        sys.path.insert(0, path)
