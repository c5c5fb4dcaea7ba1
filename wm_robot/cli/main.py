"""The dispatcher behind `wmr`: finds the subcommand, reads its arguments, turns errors into one line.

A subcommand is a module of this package with `run(config) -> int`. The annotation of `config`, a
dataclass or a union of dataclasses, is the whole description of the command line; a module with a function
`options(arguments)` makes that dataclass when it sees the line.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import get_type_hints

from wm_robot import __version__
from wm_robot.core.errors import UnknownNameError, WmrError

PLUGIN_GROUP = "wm_robot.plugins"
USER_ERROR = 2
INTERRUPTED = 130
READER_GONE = 141


@dataclass(frozen=True, kw_only=True)
class Subcommand:
    """A line of `wmr --help`.

    Args:
        summary: what the subcommand does, in one line.
        resumes: whether the same command goes on where an interrupted one stopped.
    """

    summary: str
    resumes: bool = False


SUBCOMMANDS = {
    "collect": Subcommand(summary="record exploration episodes of a task as a dataset", resumes=True),
    "train": Subcommand(summary="train a world model on a dataset", resumes=True),
    "eval": Subcommand(summary="measure a checkpoint and its baselines on a task"),
    "tune": Subcommand(summary="look for better planning settings: a Pareto front and presets", resumes=True),
    "demo": Subcommand(summary="run the shipped checkpoints and write a report to look at"),
    "bench": Subcommand(summary="time planning and rollouts on this machine"),
    "data": Subcommand(summary="inspect, validate, repair or import a dataset"),
    "robots": Subcommand(summary="list the arms and the drivers, and what each needs"),
    "check": Subcommand(summary="look at an arm and its cameras before the first motion; commands nothing"),
    "calibrate": Subcommand(summary="calibrate the servos of an SO-101, or a camera"),
    "run": Subcommand(summary="drive an arm to a goal image, simulated or real, behind the safety filter"),
    "estop": Subcommand(summary="stop an arm on this machine and keep it stopped"),
    "reset": Subcommand(summary="let an arm move again after a stop"),
    "faults": Subcommand(summary="inject faults into the simulated arm and see each one stop it"),
    "dashboard": Subcommand(summary="watch a planner in a web page, and change it while it runs"),
    "replay": Subcommand(summary="repeat the decisions of a run from its flight log, bit for bit"),
    "doctor": Subcommand(summary="say what this machine has, and what to do about what is missing"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one `wmr` command line and return its exit code: 0, 2 for a user's error, 130 for Ctrl-C."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments else "--help"
    if name in ("-h", "--help"):
        print(_overview())
        return 0
    if name == "--version":
        print(f"wmr {__version__}")
        return 0
    try:
        if name not in SUBCOMMANDS:
            raise UnknownNameError("subcommand", name, SUBCOMMANDS)
        return _run(name, arguments[1:])
    except WmrError as error:
        print(f"error: {error}", file=sys.stderr)
        return USER_ERROR
    except BrokenPipeError:  # whoever reads the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except KeyboardInterrupt:
        again = "; the same command goes on from here" if SUBCOMMANDS[name].resumes else ""
        print(f"\ninterrupted{again}", file=sys.stderr)
        return INTERRUPTED


def _run(name: str, arguments: list[str]) -> int:
    import tyro  # noqa: PLC0415  (80 ms that `wmr --help` need not pay)

    _load_plugins()
    try:
        module = import_module(f"wm_robot.cli.{name}")
    except ImportError as error:
        if (error.name or "").startswith("wm_"):  # a defect of ours, not of the installation
            raise
        raise WmrError(
            f"`wmr {name}` cannot load the library {error.name}: {error}; `wmr doctor` says more"
        ) from error
    if hasattr(module, "options"):
        form = module.options(arguments)
    else:
        form = get_type_hints(module.run, include_extras=True)["config"]
    config = tyro.cli(
        form,
        prog=f"wmr {name}",
        description=module.__doc__,
        args=arguments,
        config=(tyro.conf.FlagCreatePairsOff,),
    )
    return module.run(config)


def _load_plugins() -> None:
    """Call the registration function of every installed plugin; a broken one costs only itself."""
    for entry in entry_points(group=PLUGIN_GROUP):
        try:
            entry.load()()
        except Exception as error:  # third-party code may raise anything
            print(f"warning: plugin {entry.name!r} was left out: {error}", file=sys.stderr)


def _overview() -> str:
    width = max(map(len, SUBCOMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in SUBCOMMANDS.items()]
    return "\n".join(
        [
            "usage: wmr [--help] [--version] SUBCOMMAND ...",
            "",
            "Model-predictive control for robot arms in a learned latent world model.",
            "",
            *lines,
            "",
            "`wmr SUBCOMMAND --help` lists the options of one.",
        ]
    )
