"""Named planning settings in files: for people, for `wmr run --config` and for ROS parameters."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wm_robot.core.errors import MismatchError, WmrError
from wm_robot.core.serialization import from_json, write_json
from wm_robot.planners.planning import PlanningConfig, planning_from_json
from wm_robot.runtime.planner_settings import planner_settings

LAST_GOOD = "last good"
"""How the names of the presets begin that a rollback returns to; nobody saves one by hand."""

LONGEST_NAME = 64
NAME = re.compile(rf"[\w][\w .+-]{{0,{LONGEST_NAME - 1}}}")


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Planning settings under a name.

    Args:
        name: up to 64 letters, digits, spaces and . + - _; also the file's.
        robot: that they are for; empty for any.
        task: that they were chosen for; empty for any.
        planning: the settings.

    Raises:
        WmrError: a name that is none.
    """

    name: str
    robot: str = ""
    task: str = ""
    planning: PlanningConfig

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise WmrError(
                f"{self.name!r} is no name for a preset; valid: up to 64 letters, digits, spaces and . + - _"
            )

    def check_robot(self, robot: str) -> None:
        """Raises MismatchError where the preset is for another robot than `robot`."""
        if self.robot and self.robot != robot:
            raise MismatchError(f"preset {self.name!r} is for {self.robot}, not {robot}; choose another")


def read_preset(path: Path) -> Preset:
    """The preset in a file; a file with planning settings alone is a preset for any robot.

    Raises:
        WmrError: no such file, no JSON, an unknown or missing field, or a value out of bounds; and which.
    """
    try:
        data: Any = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise WmrError(f"cannot read the preset {path}: {error}") from error
    try:
        if isinstance(data, dict) and "planning" not in data:
            data = {"name": path.stem, "planning": data}
        preset = from_json(Preset, data, "preset")
        planning_from_json(data["planning"])  # also what only the algorithm and the costs know
    except (WmrError, TypeError, ValueError, LookupError, AttributeError) as error:  # whatever is in a file
        raise WmrError(f"{path} is no preset: {error}") from error
    return preset


@dataclass(frozen=True, kw_only=True)
class PresetFolder:
    """The presets of one place.

    Args:
        path: folder with one JSON file a preset; made with the first one.
    """

    path: Path

    def read(self) -> tuple[dict[str, Preset], dict[str, str]]:
        """Presets by name, and what is wrong with each file that is none, by the file's name."""
        presets: dict[str, Preset] = {}
        broken: dict[str, str] = {}
        for file in sorted(self.path.glob("*.json")):
            try:
                preset = read_preset(file)
                presets[preset.name] = preset
            except WmrError as error:
                broken[file.name] = str(error)
        return presets, broken

    def save(self, preset: Preset) -> Path:
        """Write `preset` to a file of its name, in place of one that is there.

        Raises:
            WmrError: the folder cannot be written, or the name is one that a rollback uses.
        """
        if preset.name.startswith(LAST_GOOD):
            raise WmrError(f"{preset.name!r} is a name of the way back; choose one without {LAST_GOOD!r}")
        return self._write(preset)

    def keep_good(self, preset: Preset, of: str) -> None:
        """Make the settings of `preset`, which proved themselves with the arm `of`, those to roll back to."""
        self._write(replace(preset, name=_last_good(of)))

    def last_good(self, of: str) -> Preset:
        """Of the arm `of`; raises WmrError where there is none, or its file is broken."""
        file = self.path / f"{_last_good(of)}.json"
        if not file.exists():
            raise WmrError(f"{of} has no last good settings yet; they are kept when a change is applied")
        return read_preset(file)

    def _write(self, preset: Preset) -> Path:
        file = self.path / f"{preset.name}.json"
        try:
            write_json(file, preset)
        except OSError as error:
            raise WmrError(f"cannot save preset {preset.name!r}: {error}") from error
        return file


def _last_good(of: str) -> str:
    words = re.sub(r"[^\w .+-]", "-", of)
    return f"{LAST_GOOD} {words}"[:LONGEST_NAME]


def ros_parameters(preset: Preset) -> str:
    """The settings of `preset` as a parameter file of the node `planner`, in YAML."""
    tree: dict[str, Any] = {}
    for setting in planner_settings(preset.planning):
        *groups, name = setting.name.split(".")
        place = tree
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = setting.default
    return "\n".join([f"# {preset.name}", "/**/planner:", "  ros__parameters:", *_yaml(tree, 2)]) + "\n"


def _yaml(tree: dict[str, Any], depth: int) -> list[str]:
    """Lines of YAML; a value as JSON is one."""
    lines = []
    for name, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{'  ' * depth}{name}:", *_yaml(value, depth + 1)]
        else:
            lines.append(f"{'  ' * depth}{name}: {json.dumps(value)}")
    return lines
