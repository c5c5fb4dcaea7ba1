"""docs/safety.md tells of every fault, limit and driver, in the program's own words and figures."""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from wm_robot.cli.main import SUBCOMMANDS
from wm_robot.robots import ROBOTS, get_robot
from wm_robot.robots.limits import WatchdogLimits
from wm_robot.runtime.control.faults import Fault
from wm_robot.runtime.control.stop_state import Mode, StopState
from wm_robot.runtime.drivers import DRIVERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/safety.md").read_text()
SPEED = 0.1


def rows(first_column):
    """Cells of the table whose first column has that title."""
    lines = PAGE.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def test_the_table_of_faults_is_that_of_the_program():
    assert [(row[0].strip("`"), row[1]) for row in rows("fault")] == [(f.name, f.value) for f in Fault]
    assert all(row[2] and row[3] for row in rows("fault"))


def test_every_driver_is_told_what_happens_when_the_computer_dies():
    assert {row[0].strip("`") for row in rows("driver")} == set(DRIVERS)


def test_every_limit_of_the_watchdogs_is_named_and_no_other():
    (cells,) = [row for row in rows("limit") if "watchdogs" in row[1]]
    assert re.findall(r"`(\w+)`", cells[0]) == [field.name for field in fields(WatchdogLimits)]


def test_the_state_machine_is_the_programs():
    assert [row[0] for row in rows("state")] == [mode.value for mode in Mode]
    assert StopState.__doc__ is not None
    diagram = [line.strip() for line in StopState.__doc__.splitlines() if "─" in line]
    assert [line.strip() for line in PAGE.splitlines() if "─" in line] == diagram


@pytest.mark.parametrize("name", list(ROBOTS))
def test_the_times_and_ways_of_a_stop_follow_from_the_limits(name):
    robot = get_robot(name)
    A, J = np.array(robot.max_acceleration), np.array(robot.max_jerk)
    figures = []
    for V in (np.array(robot.max_velocity), SPEED * np.array(robot.max_velocity)):
        # Below A²/J the acceleration never reaches A: two ramps of sqrt(V / J).
        time_s = np.where(V > A**2 / J, V / A + A / J, 2 * np.sqrt(V / J))
        slowest = int(time_s.argmax())
        figures += [time_s[slowest], np.rad2deg(V[slowest] / 2 * time_s[slowest])]
    (row,) = [row for row in rows("arm") if row[0] == name]
    told = [float(cell.rstrip("° s")) for cell in row[1:]]
    for given, figure, last_digit in zip(told, figures, (0.01, 1, 0.01, 0.1), strict=True):
        assert given == pytest.approx(figure, abs=0.51 * last_digit)


def test_what_the_page_points_to_exists():
    assert set(re.findall(r"wmr ([a-z]+)", PAGE)) <= set(SUBCOMMANDS)
    for link in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert (ROOT / "docs" / link).is_file(), link
    for path in re.findall(r"`((?:wm_robot|controllers)/[a-z_/]+\.py)`", PAGE):
        assert (ROOT / path).is_file(), path


def test_the_readme_points_to_the_page():
    assert "](docs/safety.md)" in (ROOT / "README.md").read_text()
