"""`wmr estop` and `wmr reset`: a latch that works with and without a run."""

import json
from types import SimpleNamespace

import pytest

from wm_robot.runtime.control.station import Station


@pytest.fixture(autouse=True)
def _own_state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def wmr(capsys, *arguments):
    from wm_robot.cli.main import main

    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_estop_latches_an_arm_that_no_process_commands(capsys):
    code, out, _ = wmr(capsys, "estop", "--name", "left")
    assert code == 0
    assert "latched" in out
    assert Station("left").latched


def test_estop_without_a_name_latches_every_arm_of_this_machine(capsys):
    for name in ("left", "right"):
        Station(name).make()
    code, out, _ = wmr(capsys, "estop", "--json")
    assert code == 0
    assert set(json.loads(out)) == {"left", "right"}
    assert Station("left").latched
    assert Station("right").latched


def test_estop_without_any_arm_says_how_to_name_one(capsys):
    code, _, err = wmr(capsys, "estop")
    assert code == 2
    assert "--name" in err


def test_reset_takes_the_latch_away_and_says_what_it_was(capsys):
    Station("left").latch("a test")
    code, out, _ = wmr(capsys, "reset")
    assert code == 0
    assert "a test" in out
    assert not Station("left").latched


def test_reset_asks_which_arm_where_several_are_latched(capsys):
    for name in ("left", "right"):
        Station(name).latch("a test")
    code, _, err = wmr(capsys, "reset")
    assert code == 2
    assert "left, right" in err
    assert Station("left").latched


def test_reset_says_so_when_nothing_is_latched(capsys):
    assert wmr(capsys, "reset")[0] == 2


def test_a_simulated_run_refuses_the_latch_of_its_own_arm(capsys, tmp_path):
    Station("panda.sim").latch("a test")
    code, _, err = wmr(capsys, "run", "--output", str(tmp_path / "run"))
    assert code == 2
    assert "'panda.sim' is latched" in err
    assert "a test" in err
    assert "wmr reset" in err


@pytest.mark.parametrize(("driver", "station"), [("sim", "panda.sim"), ("ros_dds", "panda")])
def test_the_latch_of_a_real_arm_is_not_that_of_its_simulation(tmp_path, driver, station):
    from wm_robot.cli.arm_loop import make_link

    model = SimpleNamespace(
        config=SimpleNamespace(robot="panda"), action_space=SimpleNamespace(names=("dx", "dy"))
    )
    options = {"robot": None, "arm": None, "driver_config": None, "speed": 1.0, "planner_seed": 0}
    link = make_link(SimpleNamespace(driver=driver, output=tmp_path / "run", **options), model)
    assert link.run.station == station
