"""`wmr robots` tells of everything that is registered, and of what this machine lacks."""

import json
from dataclasses import replace

from wm_robot.cli.main import main
from wm_robot.robots import ROBOTS, get_robot
from wm_robot.runtime.drivers import DRIVERS


def test_the_tables_name_every_robot_and_driver(capsys):
    assert main(["robots"]) == 0
    shown = capsys.readouterr().out
    for name in (*ROBOTS, *DRIVERS):
        assert name in shown
    assert "wrist_3_joint" in shown


def test_json_holds_the_limits_and_what_each_driver_needs(capsys):
    assert main(["robots", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    robots = {robot["name"]: robot for robot in answer["robots"]}
    assert set(robots) == set(ROBOTS)
    assert robots["ur5e"]["max_velocity"] == list(get_robot("ur5e").max_velocity)
    drivers = {driver["name"]: driver for driver in answer["drivers"]}
    assert set(drivers) == set(DRIVERS)
    assert drivers["so101"]["robots"] == ["so101"]
    assert "--host" in drivers["ur"]["needs"]


def test_a_library_that_is_not_there_is_named():
    kind = replace(DRIVERS.get("ur"), libraries=("json", "no_such_library"))
    assert kind.missing_libraries == ("no_such_library",)
    assert DRIVERS.get("fake").missing_libraries == ()
