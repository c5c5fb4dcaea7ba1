"""Look at a dataset, check it, make it usable again, or bring it here from another form."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from wm_robot.core.errors import DatasetError
from wm_robot.core.serialization import to_json
from wm_robot.data.content import data_hash
from wm_robot.data.importers.lerobot_v21 import VERSIONS, import_lerobot_v21
from wm_robot.data.importers.mcap import Imported, import_mcap
from wm_robot.data.importers.resampled import McapConfig
from wm_robot.data.info import read_raw_info
from wm_robot.data.layout import INFO
from wm_robot.data.reader import read_dataset
from wm_robot.data.repair import repair
from wm_robot.data.validate import validate

BROKEN = 2

Folder = Annotated[Path, tyro.conf.Positional]
Settings = Annotated[McapConfig, tyro.conf.arg(name="")]


@dataclass(frozen=True, kw_only=True)
class Info:
    """Say what a dataset holds.

    Args:
        path: dataset folder.
        json: print one JSON object on standard output.
    """

    path: Folder
    json: bool = False


@dataclass(frozen=True, kw_only=True)
class Validate:
    """Read every frame and say all that is wrong; the exit code is 2 when the dataset is broken.

    Args:
        path: dataset folder.
        workers: decoding threads.
        json: print one JSON object on standard output.
    """

    path: Folder
    workers: int = 2
    json: bool = False


@dataclass(frozen=True, kw_only=True)
class Repair:
    """Rebuild a broken dataset from its whole episodes; the original is kept beside it.

    Args:
        path: dataset folder.
        json: print one JSON object on standard output.
    """

    path: Folder
    json: bool = False


@dataclass(frozen=True, kw_only=True)
class Import:
    """Make a dataset from a LeRobotDataset v2.1 or from rosbag2 MCAP files.

    Args:
        path: dataset folder, MCAP file, or folder of MCAP files.
        output: new folder.
        bag: how the topics of MCAP files become features.
        json: print one JSON object on standard output.
    """

    path: Folder
    output: Path
    bag: Settings = field(default_factory=McapConfig)
    json: bool = False


def run(config: Info | Validate | Repair | Import) -> int:
    match config:
        case Info():
            return _info(config)
        case Validate():
            return _validate(config)
        case Repair():
            return _repair(config)
        case Import():
            return _import(config)


def _info(config: Info) -> int:
    dataset = read_dataset(config.path)
    source = dataset.provenance
    features = {
        key: {"dtype": f.dtype, "shape": list(f.shape), "names": list(f.entry_names)}
        for key, f in dataset.features.items()
    }
    facts: dict[str, Any] = {
        "path": str(config.path),
        "episodes": len(dataset.episodes),
        "frames": dataset.info.total_frames,
        "fps": dataset.fps,
        "robot": dataset.info.robot_type,
        "environment": source.environment if source else None,
        "seed": source.seed if source else None,
        "commit": source.commit if source else None,
        "tasks": list(dataset.tasks),
        "features": features,
        "data_hash": data_hash(config.path),
    }
    shown = [f"{name:12} {value}" for name, value in facts.items() if name != "features"]
    shown += [f"{key:26} {f['dtype']} {f['shape']} {', '.join(f['names'])}" for key, f in features.items()]
    return _answer(config.json, facts, shown)


def _validate(config: Validate) -> int:
    problems = validate(config.path, workers=config.workers, progress=True)
    broken = any(problem.broken for problem in problems)
    answer = {"path": str(config.path), "broken": broken, "problems": to_json(problems)}
    lines = [f"{p.where}: {p.what}. {p.remedy}" for p in problems]
    verdict = "broken" if broken else "sound, with leftovers" if problems else "sound"
    _answer(config.json, answer, [*lines, f"{config.path} is {verdict}"])
    return BROKEN if broken else 0


def _repair(config: Repair) -> int:
    result = repair(config.path, progress=True)
    original = str(result.original) if result.original else None
    answer = {**to_json(result), "path": str(config.path), "original": original}
    lines = [f"episode {index} was dropped: {problems[0]}" for index, problems in result.dropped.items()]
    done = f"; the original is {original}" if original else "; nothing had to be done"
    return _answer(config.json, answer, [*lines, f"{config.path} has {result.kept} whole episodes{done}"])


def _import(config: Import) -> int:
    if (config.path / INFO).exists():
        version = read_raw_info(config.path).get("codebase_version")
        if version not in VERSIONS:
            raise DatasetError(
                f"{config.path} has codebase_version {version!r}; only {', '.join(VERSIONS)} need an import"
            )
        done = Imported(episodes=import_lerobot_v21(config.path, config.output, progress=True))
    elif config.path.exists():
        done = import_mcap(config.path, config.output, config.bag, progress=True)
    else:
        raise DatasetError(f"{config.path} does not exist")
    answer = {"path": str(config.path), "output": str(config.output), **to_json(done)}
    counted = f"{config.output}: {done.episodes} episode{'s' * (done.episodes != 1)}"
    return _answer(config.json, answer, [*done.remarks, counted])


def _answer(as_json: bool, answer: dict[str, Any], lines: list[str]) -> int:
    """Print the answer in the form that was asked for."""
    if as_json:
        print(json.dumps(answer))
    else:
        Console(soft_wrap=True, highlight=False, markup=False).print("\n".join(lines))
    return 0
