"""The rules of the house, checked by a machine."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from wm_robot.cli.main import SUBCOMMANDS, main

ROOT = Path(__file__).parents[1]
PACKAGES = ("wm_robot", "controllers/wm_controllers", "sim/wm_sim", "hardware/wm_hardware")
MAX_LINES = 400
HEAVY = ("numpy", "torch", "mujoco", "pinocchio", "pyarrow", "av", "dm_control", "tyro", "rich")


def sources():
    folders = (*PACKAGES, "csrc", "tests", "benchmarks", "examples")
    return [
        path
        for folder in folders
        for suffix in ("py", "pyi", "cpp", "hpp", "cu", "cuh", "css")
        for path in (ROOT / folder).rglob(f"*.{suffix}")
    ]


def test_a_layer_imports_only_from_those_below_it():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_package_is_under_the_import_contract_and_in_the_wheel():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    names = [Path(package).name for package in PACKAGES]
    assert config["importlinter"]["root_packages"] == ["wm_robot", "wm_controllers", "wm_sim", "wm_hardware"]
    assert sorted(config["scikit-build"]["wheel"]["packages"]) == sorted(PACKAGES)
    found = [p.parent for p in ROOT.glob("*/*/__init__.py")] + [p.parent for p in ROOT.glob("*/__init__.py")]
    top = {p.name for p in found if not (p.parent / "__init__.py").exists()}
    assert top == set(names)


def test_importing_the_package_imports_nothing_heavy():
    code = f"import sys, wm_robot; print(*sorted(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_core_needs_numpy_alone():
    code = (
        "import sys, pkgutil, importlib, wm_robot.core as core\n"
        "for m in pkgutil.walk_packages(core.__path__, 'wm_robot.core.'): importlib.import_module(m.name)\n"
        f"print(*sorted(set({HEAVY}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["numpy"]


def test_no_file_is_so_long_that_it_holds_more_than_one_idea():
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in sources()}
    assert len(lengths) > 50
    assert {path: n for path, n in lengths.items() if n > MAX_LINES} == {}


def test_no_file_is_a_drawer_for_everything():
    drawers = {"utils", "util", "helpers", "manager", "common", "misc"}
    assert [path for path in sources() if path.stem in drawers] == []


def test_help_lists_every_subcommand_and_every_subcommand_has_a_file(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    files = (ROOT / "wm_robot/cli").glob("[!_]*.py")
    assert {path.stem for path in files if "\ndef run(config" in path.read_text()} == set(SUBCOMMANDS)
    assert all(f"  {name} " in shown for name in SUBCOMMANDS)


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as exit_:
        main([name, "--help"])
    assert exit_.value.code == 0
    assert f"usage: wmr {name}" in capsys.readouterr().out
