"""What must hold before a UR arm is taken over, asked of its dashboard server."""

from typing import Any

from wm_robot.core.errors import DriverError, MissingDependencyError
from wm_robot.robots import RobotSpec


def open_dashboard(host: str) -> Any:
    """A connected `DashboardClient` of ur_rtde.

    Raises:
        MissingDependencyError: ur_rtde is not installed.
        DriverError: nobody answers.
    """
    try:
        from dashboard_client import DashboardClient  # noqa: PLC0415
    except ImportError as error:
        raise MissingDependencyError("ur_rtde", "the driver 'ur'", "ur") from error
    dashboard = DashboardClient(host)
    try:
        dashboard.connect()
    except RuntimeError as error:
        raise DriverError(
            f"no UR controller answers at {host}, port 29999 ({error}); check its power, the cable and the "
            "address, and that the dashboard server is enabled (pendant: Settings, Security, Services)"
        ) from error
    return dashboard


def require_ready(dashboard: Any, host: str, spec: RobotSpec) -> None:
    """Refuse an arm that is another one, not ready to move, or in use.

    Raises:
        DriverError: what was found, what is needed, and the next step.
    """
    try:
        findings = _findings(dashboard, spec)
    except (RuntimeError, ValueError) as error:
        raise DriverError(
            f"the dashboard server at {host} gave no clear answer ({error}); restart the controller"
        ) from error
    for found, valid, step in findings:
        if not valid:
            raise DriverError(f"UR controller at {host}: {found}; {step}")


def _findings(dashboard: Any, spec: RobotSpec) -> list[tuple[str, bool, str]]:
    version = str(dashboard.polyscopeVersion())
    # The dashboard calls a UR5 and a UR5e both "UR5": the generation is told by the software, 3 or 5.
    model = str(dashboard.getRobotModel()).strip()
    same = model.upper().removesuffix("E") == spec.name.upper().removesuffix("E")
    safety = str(dashboard.safetystatus()).partition(": ")[2]
    mode = str(dashboard.robotmode()).partition(": ")[2]
    program = str(dashboard.programState())
    return [
        (
            f"PolyScope {version}",
            _is_new_enough(version),
            "an e-Series arm with PolyScope 5.6 or newer is needed",
        ),
        (f"robot model {model}", same, f"the robot asked for is {spec.name}: choose the matching --robot"),
        (
            "not in remote control",
            bool(dashboard.isInRemoteControl()),
            "enable it (Settings, System, Remote Control), then choose Remote at the pendant's top right",
        ),
        (
            f"safety status {safety}",
            safety in ("NORMAL", "REDUCED"),
            "find out why and clear it at the pendant: no program does that",
        ),
        (f"robot mode {mode}", mode == "RUNNING", "switch the arm on and release the brakes at the pendant"),
        (
            f"program state {program}",
            program.startswith("STOPPED"),
            "another program has the arm: stop it at the pendant",
        ),
    ]


def _is_new_enough(version: str) -> bool:
    major, minor = (int(part) for part in version.split(".")[:2])
    return major == 5 and minor >= 6
