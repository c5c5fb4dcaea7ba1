"""Watch a planner in a web page: see what it thinks, and change it while it runs.

Without --driver a simulation runs in simulated time, which the page can pause, step and slow down. The page
is open to whoever reaches it; commanding needs the token that is printed at start. STOP is always there.

Example: wmr dashboard
Example: wmr dashboard --task push --port 9000
"""

import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from wm_robot.checkpoints import shipped_checkpoint, shipped_checkpoints
from wm_robot.cli.driver_options import with_driver_options
from wm_robot.core.errors import MismatchError
from wm_robot.dashboard.processes import dashboard
from wm_robot.dashboard.subject import Address, Subject
from wm_robot.runtime.stop_signal import StopSignal

TOKEN_BYTES = 9


@dataclass(frozen=True, kw_only=True)
class DashboardConfig:
    """Options of `wmr dashboard`; those of the driver follow.

    Args:
        robot: arm; the one that the checkpoint was trained for when left out.
        driver: how an arm is reached; a simulation in simulated time when left out.
        checkpoint: folder of a trained model, or the task of a shipped one; the simulation's task when left
            out.
        planner_seed: of the planner's random numbers and of the episodes.
        backend: what computes rollouts; see `wmr eval --help`.
        host: address to serve the page at; any other than 127.0.0.1 can be reached from outside.
        port: of the page; its view takes the next one that is free.
        tls_cert: PEM file of a certificate, for other hosts.
        tls_key: PEM file of its key.
    """

    robot: str | None = None
    driver: str | None = None
    checkpoint: str | None = None
    planner_seed: int = 0
    backend: str = "auto"
    host: str = "127.0.0.1"
    port: int = 8080
    tls_cert: Path | None = None
    tls_key: Path | None = None


def options(arguments: Sequence[str]) -> type:
    """The command line of the driver that it names."""
    return with_driver_options(DashboardConfig, arguments)


def run(config: Any) -> int:
    address = Address(
        host=config.host,
        port=config.port,
        token=secrets.token_urlsafe(TOKEN_BYTES),
        certificate=config.tls_cert,
        key=config.tls_key,
    )
    with tempfile.TemporaryDirectory(prefix="wmr-watch-") as folder:
        return _simulate(config, address, Path(folder))


def _simulate(config: Any, address: Address, folder: Path) -> int:
    task = config.driver_config.task
    checkpoint = _checkpoint(config.checkpoint, task)
    from wm_robot.dashboard.model_facts import read_model_config  # noqa: PLC0415
    from wm_robot.runtime.watch.stop_file import StopFile  # noqa: PLC0415
    from wm_robot.runtime.watch.watch import Watch  # noqa: PLC0415

    robot = read_model_config(checkpoint).robot
    if config.robot not in (None, robot):
        raise MismatchError(f"the checkpoint is for {robot}, not {config.robot}; train one for it")
    subject = Subject(
        title=f"{task}, {robot}, simulated",
        checkpoint=checkpoint,
        robot=robot,
        task=task,
        watch=folder,
        presets=Path("presets"),
    )
    with Watch(folder) as watch, dashboard(subject, address), StopSignal() as stop:
        announce(address)
        from wm_robot.evaluation.episodes import load_model, make_environment, require_fit  # noqa: PLC0415
        from wm_robot.runtime.agent import LatentMPC  # noqa: PLC0415
        from wm_robot.runtime.simulated_session import SimulatedSession  # noqa: PLC0415

        model = load_model(checkpoint)
        environment: Any = make_environment(task, model)
        require_fit(model, environment)
        environment.set_shift(config.driver_config.shift)
        agent = LatentMPC(model, backend=config.backend)
        session = SimulatedSession(environment, agent, watch, StopFile(folder), seed=config.planner_seed)
        session.run(stop)
    return 0


def announce(address: Address) -> None:
    """Tell where the page is, and what is unsafe about it."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"dashboard: {address.url}")
    console.print(f"token to command: {address.token} (viewing needs none); Ctrl-C ends")
    if address.warning:
        console.print(f"[bold red]warning: {address.warning}[/]")


def _checkpoint(given: str | None, task: str) -> Path:
    if given is not None and given not in shipped_checkpoints():
        return Path(given)
    return shipped_checkpoint(given or task)
