"""Drivers of arms; `wm_robot.core.protocols.Robot` is their contract."""
