"""Look at an arm, its cameras and this machine before the first motion. Nothing is commanded.

The exit code is 0 unless there is a problem: something for which a run would not start, or would soon be
stopped. What connecting alone does to the arm is said in the first line.

Example: wmr check --robot ur5e --driver ur --host 192.168.0.10 --cameras front=/dev/video0
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from wm_robot.cli.camera_options import make_cameras
from wm_robot.cli.driver_options import with_driver_options
from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import to_json
from wm_robot.robots import RobotSpec, get_robot
from wm_robot.runtime.check.arm_check import ArmReport, check_arm
from wm_robot.runtime.check.finding import Finding, Level
from wm_robot.runtime.check.joint_places import JointPlace
from wm_robot.runtime.check.machine import disk_finding, latch_finding, scheduler_finding
from wm_robot.runtime.control.station import Station, station_name
from wm_robot.runtime.drivers import DRIVERS

PROBLEM = 1
SIMULATED_CAMERAS = ("front", "top")
MARKS = {Level.OK: "[green]✓[/]", Level.WARNING: "[yellow]![/]", Level.PROBLEM: "[red]✗[/]"}


@dataclass(frozen=True, kw_only=True)
class CheckConfig:
    """Options of `wmr check`; those of the driver follow.

    Args:
        robot: arm that is expected; may be left out where the driver drives one kind alone.
        driver: how the arm is reached; `wmr robots` lists them.
        cameras: NAME=SOURCE for each camera: a number, a device, a file, or ros: and a topic.
        seconds: how long the joints are read, and then the cameras watched.
        arm: name of this arm on this machine, as in `wmr run`; the robot's name when left out.
        output: folder in which a run would make its own.
        json: print one JSON object on standard output instead of the tables.
    """

    robot: str | None = None
    driver: str = "sim"
    cameras: tuple[str, ...] = ()
    seconds: float = 5.0
    arm: str | None = None
    output: Path = Path("runs")
    json: bool = False

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise WmrError(f"--seconds is {self.seconds}; it must be above 0")


def options(arguments: Sequence[str]) -> type:
    """The command line of the driver that it names."""
    return with_driver_options(CheckConfig, arguments)


def run(config: Any) -> int:
    spec = expected_robot(config.robot, config.driver)
    station = Station(station_name(config.arm or spec.name, simulated=config.driver == "sim"))
    console = Console(highlight=False)
    if not config.json:
        console.print(f"Connecting to {spec.name} {DRIVERS.get(config.driver).connecting}.")
    machine = [scheduler_finding(), disk_finding(config.output), latch_finding(station)]
    report = _check(config, spec, station)
    findings = [*report.findings, *machine]
    healthy = all(finding.level is not Level.PROBLEM for finding in findings)
    if config.json:
        answer = {"healthy": healthy, "findings": to_json(findings), "joints": to_json(report.joints)}
        print(json.dumps(answer))
    else:
        if report.joints:
            console.print(_joint_table(report.joints))
        console.print(_finding_table(findings))
        console.print("No problem." if healthy else "A run would not start, or soon be stopped: see ✗.")
    return 0 if healthy else PROBLEM


def expected_robot(name: str | None, driver: str) -> RobotSpec:
    """The robot called `name`, or the only one of the driver.

    Raises:
        UnknownNameError: no such robot or driver.
        WmrError: not one that the driver drives.
    """
    robots = DRIVERS.get(driver).robots
    if name is None:
        if len(robots) != 1:
            raise WmrError(f"which arm? driver {driver} drives {', '.join(robots)}: --robot NAME")
        (name,) = robots
    spec = get_robot(name)
    if spec.name not in robots:
        raise WmrError(f"driver {driver} does not drive {spec.name}; it drives {', '.join(robots)}")
    return spec


def _check(config: Any, spec: RobotSpec, station: Station) -> ArmReport:
    clock, simulated = SteadyClock(), config.driver == "sim"
    driver_config = config.driver_config
    if simulated and config.arm is not None:
        driver_config = replace(driver_config, name=config.arm)
    given = [text.partition("=")[0] for text in config.cameras]
    cameras = make_cameras(
        config.cameras,
        given or (SIMULATED_CAMERAS if simulated else ()),
        simulation=driver_config.name if simulated else None,
        clock=clock,
    )
    robot = DRIVERS.get(config.driver).make(spec, driver_config, clock)
    with station.command():  # a second master beside a running one would be a fault of its own
        return check_arm(
            spec, robot, cameras, clock, seconds=config.seconds, noisy_pictures=bool(config.cameras)
        )


def _joint_table(joints: list[JointPlace]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("joint")
    for column in ("rad", "°", "of its range", "to the limit °", "noise mrad"):
        table.add_column(column, justify="right")
    for joint in joints:
        table.add_row(
            joint.name,
            f"{joint.position_rad:.4f}",
            f"{np.rad2deg(joint.position_rad):.1f}",
            f"{joint.share:.0%}",
            f"{np.rad2deg(joint.to_limit_rad):.1f}",
            f"{1e3 * joint.noise_rad:.3f}",
        )
    return table


def _finding_table(findings: list[Finding]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("", "looked at", "found"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        found = escape(finding.detail) + (f"\n→ {escape(finding.advice)}" if finding.advice else "")
        table.add_row(MARKS[finding.level], finding.name, found)
    return table
