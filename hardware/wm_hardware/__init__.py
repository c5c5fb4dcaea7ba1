"""Drivers for physical robots. None is shipped yet; `wm_robot.core.protocols.Robot` is their contract."""
