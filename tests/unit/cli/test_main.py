"""The dispatcher: what a user sees when things go right and wrong."""

import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from wm_robot.cli import main as cli
from wm_robot.core.errors import CheckpointError


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the stand-in.

    Args:
        count: how many.
    """

    count: int = 1


@pytest.fixture
def doctor(monkeypatch):
    """Replace the module behind `wmr doctor`; set `doctor.run` to what it should do."""

    def run(config: Options) -> int:
        return 7 * config.count

    module = SimpleNamespace(run=run, __doc__="A stand-in.")
    monkeypatch.setattr(cli, "import_module", lambda name: module)
    return module


def test_arguments_reach_the_subcommand_and_its_exit_code_comes_back(doctor):
    assert cli.main(["doctor", "--count", "3"]) == 21


def test_a_users_error_is_one_line_on_standard_error_and_exit_code_2(doctor, capsys):
    def run(config: Options) -> int:
        raise CheckpointError("no checkpoint at nowhere")

    doctor.run = run
    assert cli.main(["doctor"]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "error: no checkpoint at nowhere\n")


def test_a_defect_keeps_its_traceback(doctor):
    def run(config: Options) -> int:
        raise ZeroDivisionError

    doctor.run = run
    with pytest.raises(ZeroDivisionError):
        cli.main(["doctor"])


@pytest.mark.parametrize(("name", "said"), [("train", "the same command goes on"), ("eval", "interrupted\n")])
def test_ctrl_c_exits_130_and_says_whether_the_command_resumes(doctor, capsys, name, said):
    def run(config: Options) -> int:
        raise KeyboardInterrupt

    doctor.run = run
    assert cli.main([name]) == 130
    assert said in capsys.readouterr().err


def test_an_unknown_subcommand_lists_the_valid_ones(capsys):
    assert cli.main(["fly"]) == 2
    assert (
        "unknown subcommand 'fly'; valid: bench, calibrate, check, collect, dashboard"
        in capsys.readouterr().err
    )


def test_unknown_options_exit_with_2(doctor, capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main(["doctor", "--hieght", "3"])
    assert exit_.value.code == 2
    assert "--hieght" in capsys.readouterr().err


def test_a_library_that_cannot_be_loaded_costs_its_own_subcommand_alone(monkeypatch, capsys):
    def fail(name):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(cli, "import_module", fail)
    assert cli.main(["train"]) == 2
    assert "error: `wmr train` cannot load the library torch" in capsys.readouterr().err
    assert cli.main(["--help"]) == 0


def test_a_missing_module_of_ours_is_a_defect(monkeypatch):
    def fail(name):
        raise ModuleNotFoundError("No module named 'wm_robot.gone'", name="wm_robot.gone")

    monkeypatch.setattr(cli, "import_module", fail)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["train"])


def test_plugins_are_registered_before_the_subcommand_runs_and_a_broken_one_is_left_out(
    doctor, monkeypatch, capsys
):
    registered = []

    def broken():
        raise RuntimeError("wrong version")

    entries = [
        SimpleNamespace(name="bad", load=lambda: broken),
        SimpleNamespace(name="good", load=lambda: lambda: registered.append("good")),
    ]
    monkeypatch.setattr(cli, "entry_points", lambda group: entries if group == "wm_robot.plugins" else [])
    assert cli.main(["doctor"]) == 7
    assert registered == ["good"]
    assert "plugin 'bad' was left out: wrong version" in capsys.readouterr().err


def test_help_and_version_load_no_subcommand_and_no_heavy_library():
    code = (
        "import sys; from wm_robot.cli.main import main\n"
        "assert main(['--help']) == 0 and main(['--version']) == 0 and main([]) == 0\n"
        "loaded = {'torch', 'mujoco', 'numpy', 'tyro', 'rich', 'wm_robot.cli.eval'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
