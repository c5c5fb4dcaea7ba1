"""The closed loop around an environment or a robot: observe, plan, act, record."""

from wm_robot.runtime.agent import LatentMPC as LatentMPC
from wm_robot.runtime.loop import run_simulated as run_simulated
from wm_robot.runtime.realtime import run_realtime as run_realtime
