"""`--driver NAME` and that driver's own options, as one flat command line."""

import sys
from collections.abc import Sequence
from dataclasses import MISSING, field, fields, make_dataclass
from typing import Annotated, Any

import tyro

from wm_robot.runtime.drivers import DRIVERS

DEFAULT = "sim"
OPTIONS = "driver_config"


def with_driver_options(config: type, arguments: Sequence[str] | None = None) -> type:
    """The dataclass `config` (with a field `driver`) and the options of the driver that the line names.

    The command line has to be looked at twice: what may stand in it depends on the driver.

    Args:
        config: frozen keyword-only dataclass of a subcommand.
        arguments: of the command line; those of this process when None.

    Raises:
        UnknownNameError: no such driver.
    """
    kind = DRIVERS.get(_named(sys.argv[1:] if arguments is None else arguments))
    options = Annotated[tyro.conf.OmitArgPrefixes[kind.config_class()], tyro.conf.arg(name="")]
    required = any(f.default is MISSING and f.default_factory is MISSING for f in fields(kind.config_class()))
    default: Any = field() if required else field(default_factory=kind.config_class())
    combined = make_dataclass(
        config.__name__, [(OPTIONS, options, default)], bases=(config,), frozen=True, kw_only=True
    )
    combined.__doc__ = config.__doc__
    combined.__module__ = config.__module__
    return combined


def _named(arguments: Sequence[str]) -> str:
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if argument.startswith("--driver="):
            return argument.removeprefix("--driver=")
        if before == "--driver":
            return argument
    return DEFAULT
