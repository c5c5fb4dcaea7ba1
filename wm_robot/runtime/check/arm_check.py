"""Reads an arm and its cameras for some seconds, and says what is wrong."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from wm_robot.core.clock import Clock
from wm_robot.core.errors import WmrError
from wm_robot.core.protocols import FrameSource, Robot
from wm_robot.robots import RobotSpec
from wm_robot.runtime.check.cameras import camera_finding, watch_cameras
from wm_robot.runtime.check.finding import Finding, Level, failed, judged
from wm_robot.runtime.check.joint_places import JointPlace, joint_places, place_findings, range_finding
from wm_robot.runtime.check.joint_stream import Reading, stream_findings, watch
from wm_robot.runtime.check.start import start_finding


@runtime_checkable
class KnowsItsClock(Protocol):
    """A driver whose arm stamps on a clock of its own."""

    @property
    def clock_offset_s(self) -> float | None:
        """Time of this machine's clock minus that of the arm's."""
        ...


@dataclass(kw_only=True)
class ArmReport:
    """What a check found.

    Args:
        findings: in the order in which they were made.
        joints: where they stand; empty where the arm did not say.
    """

    findings: list[Finding] = field(default_factory=list)
    joints: list[JointPlace] = field(default_factory=list)


def check_arm(
    spec: RobotSpec,
    robot: Robot,
    cameras: Sequence[FrameSource],
    clock: Clock,
    *,
    seconds: float,
    noisy_pictures: bool = True,
) -> ArmReport:
    """Connect, read for `seconds`, watch the cameras as long, disconnect. Nothing is commanded.

    Args:
        spec: the arm that is expected.
        robot: not connected.
        cameras: not connected.
        clock: of the arm's and the cameras' stamps.
        seconds: of reading, and of watching again if there are cameras.
        noisy_pictures: whether the cameras are real ones.
    """
    report = ArmReport()
    try:
        robot.connect()  # not `with`, whose end tells the arm to stop: that is a command
    except WmrError as error:
        report.findings.append(failed("connection", error))
        return report
    try:
        _look_at_arm(report, spec, robot, clock, seconds)
        with ExitStack() as stack:
            there = _connected(report, cameras, stack)
            seen = watch_cameras(there, clock, seconds, between=robot.read) if there else []
        report.findings += [camera_finding(spec, camera, noisy=noisy_pictures) for camera in seen]
    except WmrError as error:
        report.findings.append(failed("connection", error))
    finally:
        robot.disconnect()
    return report


def _look_at_arm(report: ArmReport, spec: RobotSpec, robot: Robot, clock: Clock, seconds: float) -> None:
    offset_s = _offset_s(robot)
    readings = watch(robot, spec, clock, seconds)
    report.findings.append(_own_words(readings))
    report.findings += stream_findings(spec, readings)
    if offset_s is not None:
        report.findings.append(_clock_finding(spec, offset_s, _offset_s(robot) or offset_s))
    try:
        report.joints = joint_places(spec, readings)
    except WmrError as error:
        report.findings.append(failed("joints", error))
        return
    report.findings += place_findings(report.joints)
    report.findings += [range_finding(spec, robot), start_finding(spec, robot, clock)]


def _connected(report: ArmReport, cameras: Sequence[FrameSource], stack: ExitStack) -> list[FrameSource]:
    """The cameras that answer, until `stack` closes."""
    there = []
    for camera in cameras:
        try:
            there.append(stack.enter_context(camera))
        except WmrError as error:
            report.findings.append(failed(f"camera {camera.name}", error))
    return there


def _own_words(readings: list[Reading]) -> Finding:
    faults = sorted({reading.state.fault for reading in readings} - {""})
    return judged(
        "the arm itself",
        "; ".join(faults) or "reports no fault",
        (bool(faults), Level.PROBLEM, "clear it at the arm, with its own controls"),
    )


def _offset_s(robot: Robot) -> float | None:
    return robot.clock_offset_s if isinstance(robot, KnowsItsClock) else None


def _clock_finding(spec: RobotSpec, before_s: float, after_s: float) -> Finding:
    drift_s = after_s - before_s
    return judged(
        "clock offset",
        f"{after_s:.6f} s to the arm's clock, {1e3 * drift_s:+.3f} ms during the check",
        (
            abs(drift_s) > spec.watchdogs.clock_jump_s,
            Level.PROBLEM,
            "a clock jumps: see who sets the time of either machine",
        ),
    )
