"""Drivers by name: the one place where the pipeline learns which arm it has."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from wm_robot.core.clock import Clock
from wm_robot.core.protocols import Robot
from wm_robot.core.registry import Registry
from wm_robot.robots import RobotSpec


@dataclass(frozen=True, kw_only=True)
class DriverKind:
    """How a driver is made, and what it needs.

    Args:
        driver: "module:Class", called with (RobotSpec, config, Clock).
        config: "module:Class", a dataclass that the command line reads.
        robots: names of the arms that it drives.
        needs: what must be there, for people.
        connecting: what connecting does to a real arm, for people.
        libraries: modules that must be importable.
    """

    driver: str
    config: str
    robots: tuple[str, ...]
    needs: str
    connecting: str = "touches no real arm"
    libraries: tuple[str, ...] = ()

    @property
    def missing_libraries(self) -> tuple[str, ...]:
        """Those of `libraries` that are not installed; imports none of them."""
        return tuple(name for name in self.libraries if find_spec(name) is None)

    def config_class(self) -> type:
        return _load(self.config)

    def make(self, spec: RobotSpec, config: Any, clock: Clock) -> Robot:
        """Raises MissingDependencyError at `connect`, not here."""
        make: Callable[[RobotSpec, Any, Clock], Robot] = _load(self.driver)
        return make(spec, config, clock)


def _load(entry: str) -> Any:
    module, name = entry.split(":")
    return getattr(import_module(module), name)


ALL = ("panda", "so101", "ur5e")

DRIVERS: Registry[DriverKind] = Registry("driver")
DRIVERS.add(
    "sim",
    DriverKind(
        driver="wm_sim.driver:SimDriver",
        config="wm_sim.driver:SimConfig",
        robots=ALL,
        needs="nothing: MuJoCo in real time, with the delay, play and noise of the RobotSpec",
    ),
)
DRIVERS.add(
    "fake",
    DriverKind(
        driver="wm_hardware.fake:FakeDriver",
        config="wm_hardware.fake:FakeConfig",
        robots=ALL,
        needs="nothing: joints that follow commands, without cameras",
    ),
)
DRIVERS.add(
    "ur",
    DriverKind(
        driver="wm_hardware.ur:URDriver",
        config="wm_hardware.ur:URConfig",
        robots=("ur5e",),
        needs="pip install 'wm_robot[ur]'; the arm in remote control, reachable at --host",
        connecting="starts the control program, in which the arm holds still; disconnecting ends it",
        libraries=("rtde_control", "rtde_receive"),
    ),
)
DRIVERS.add(
    "so101",
    DriverKind(
        driver="wm_hardware.so101:SO101Driver",
        config="wm_hardware.so101_config:SO101Config",
        robots=("so101",),
        needs="pip install 'wm_robot[so101]'; its bus at --port, and a calibration (wmr calibrate)",
        connecting="switches the torque on, each joint held where it stands, and leaves it on",
        libraries=("scservo_sdk", "serial"),
    ),
)
DRIVERS.add(
    "ros_dds",
    DriverKind(
        driver="wm_hardware.ros_dds:RosDdsDriver",
        config="wm_hardware.ros_dds:RosDdsConfig",
        robots=ALL,
        needs="pip install 'wm_robot[dds]'; a ros2_control arm on the network, no ROS here",
        connecting="announces a publisher of commands, which sends none",
        libraries=("cyclonedds",),
    ),
)
