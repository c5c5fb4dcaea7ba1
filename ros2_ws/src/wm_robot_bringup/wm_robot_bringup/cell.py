"""What the YAML files of an arm and its cell say to each node, as one; needs no ROS.

ROS merges parameter files by the names of their sections, so that a cell's value under `/**` would lose to
one of the arm's under `/**/safety_controller`. Here the file that is read later wins, whatever its sections.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

KEY = "ros__parameters"

OF_EVERY_NODE = ("use_sim_time", "start_type_description_service")

Names = Mapping[str, Iterable[str]]
"""Parameters that each node declares."""


def read_names() -> Names:
    """Of every node; the library, which knows them, need not be there where `ros2 launch` runs."""
    return yaml.safe_load(Path(__file__).with_name("parameter_names.yaml").read_text())


def read_cell(files: Iterable[Path], names: Names, namespace: str) -> dict[str, dict[str, Any]]:
    """Parameters of each node by their full names; what a later file says holds.

    Args:
        files: ROS parameter files; within one the later section holds.
        names: of the nodes' parameters.
        namespace: of the nodes, absolute.

    Raises:
        ValueError: a file that cannot be read, a section for a node or a name that there is none of.
    """
    cell: dict[str, dict[str, Any]] = {node: {} for node in names}
    for file in files:
        try:
            content = yaml.safe_load(file.read_text()) or {}
        except yaml.YAMLError as error:
            raise ValueError(f"{file} is no YAML: {error}") from None
        for section, values in _sections(content, file):
            last = section.rpartition("/")[2]
            meant = list(names) if "*" in last else [last]
            if unknown := [node for node in meant if node not in names]:
                raise ValueError(f"{file}: {_unknown(f'section {section} is for', unknown[0], names)}")
            known = {*OF_EVERY_NODE, *(name for node in meant for name in names[node])}
            given = dict(_flat(values))
            for name in given:
                if name not in known:
                    raise ValueError(f"{file}: {_unknown(f'section {section} sets', name, known)}")
            for node in meant:
                if re.fullmatch(_pattern(section), f"{namespace}/{node}"):
                    own = {*OF_EVERY_NODE, *names[node]}
                    cell[node] |= {name: value for name, value in given.items() if name in own}
    return cell


def write_parameters(folder: Path, node: str, values: Mapping[str, Any]) -> Path:
    """A parameter file for one node, for its process to read, and whoever wants to know what it was told."""
    path = folder / f"{node}_parameters.yaml"
    path.write_text(yaml.safe_dump({"/**": {KEY: dict(values)}}))
    return path


def _sections(content: Any, file: Path, prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and values of each section; namespaces may be nested."""
    if not isinstance(content, Mapping):
        raise ValueError(f"{file}: {prefix or 'it'} is {content!r}; valid: sections that hold {KEY}")
    for key, inner in content.items():
        section = f"{prefix}/{str(key).strip('/')}"
        if isinstance(inner, Mapping) and KEY in inner:
            values = inner[KEY]
            if not isinstance(values, Mapping | None):
                raise ValueError(f"{file}: {KEY} of {section} is {values!r}; valid: values by name")
            yield section, values or {}
        else:
            yield from _sections(inner, file, section)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value


def _pattern(section: str) -> str:
    """Of the full names of nodes that a section is for."""
    stars = {"**": "(/[^/]+)*", "*": "/[^/]+"}
    return "".join(stars.get(part, "/" + re.escape(part)) for part in section.split("/")[1:])


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    near = difflib.get_close_matches(name, known) or known
    return f"{what} {name!r}, which there is none of; valid: {', '.join(near)}"
