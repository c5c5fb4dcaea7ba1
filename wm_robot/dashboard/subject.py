"""What a dashboard shows, and where."""

import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from wm_robot.insight.audit import AUDIT, AuditLog
from wm_robot.planners.planning import PlanningConfig
from wm_robot.robots import Box


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A planner that is watched, or a run that is looked at again.

    Args:
        title: for people, such as "push, panda, simulated".
        checkpoint: folder of the model.
        robot: name of the arm.
        task: of a simulation; "" for a real arm.
        watch: folder of the `runtime.watch.Watch`; None for a replay.
        station: name of the arm on this machine; "" where its latch is a StopFile in `watch`.
        relayed: whether the planner passes orders on, because an arm's control may be on another machine.
        replay: folder of a recorded run; None for a live planner.
        presets: folder for presets and the audit log.
        planning: settings in force before the first period; None for those of the checkpoint.
        workspace: where the tool may be commanded, m; None as the task or the arm's description has it.
        keep_out: boxes that no part of the arm may enter, m.
        calibration: folder in which `wmr calibrate` leaves where cameras stand.
    """

    title: str
    checkpoint: Path
    robot: str
    task: str = ""
    watch: Path | None = None
    station: str = ""
    relayed: bool = False
    replay: Path | None = None
    presets: Path
    planning: PlanningConfig | None = None
    workspace: Box | None = None
    keep_out: tuple[Box, ...] = ()
    calibration: Path = Path("calibration")

    @property
    def audit(self) -> AuditLog:
        """Who did what."""
        return AuditLog(self.presets / AUDIT)

    @property
    def arm(self) -> str:
        """Which arm it is: two that share a folder of presets have settings of their own."""
        return self.station or f"{self.robot} simulated {self.task}"

    @property
    def simulated_time(self) -> bool:
        """Whether its time can be paused: a simulation without a control process."""
        return self.watch is not None and not self.station


TOKEN_BYTES = 9


def _new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the page is served.

    Args:
        host: to listen on.
        port: of the outer page; the view inside takes the next one that is free.
        token: that whoever commands must know; made now when left out.
        certificate: PEM file; None for no TLS.
        key: PEM file of its private key.
    """

    host: str
    port: int
    token: str = field(default_factory=_new_token)
    certificate: Path | None = None
    key: Path | None = None

    @property
    def local(self) -> bool:
        """Whether nothing outside this machine can reach it."""
        return self.host in ("127.0.0.1", "localhost", "::1")

    @property
    def encrypted(self) -> bool:
        return self.certificate is not None

    @property
    def url(self) -> str:
        """To open, token included."""
        host = socket.gethostname() if self.host in ("0.0.0.0", "::") else self.host
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.encrypted else 'http'}://{host}:{self.port}/?token={self.token}"

    @property
    def warning(self) -> str:
        """What is unsafe about it; "" for nothing."""
        if self.local or self.encrypted:
            return ""
        return (
            f"No TLS: the page on {self.host} and its token can be read by anybody on the network. "
            "Start with --tls-cert and --tls-key, or on 127.0.0.1 with an SSH tunnel."
        )
