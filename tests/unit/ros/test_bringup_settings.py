"""Launch arguments become names, files and parameters, without ROS."""

import pytest
from wm_robot_bringup.arguments import RECORD_LAUNCH, ROBOT_LAUNCH, ROBOTS, SIM_LAUNCH, VALIDATE_LAUNCH
from wm_robot_bringup.cell import read_names
from wm_robot_bringup.settings import (
    SHARED,
    SHIPPED,
    arm_namespace,
    exit_report,
    node_namespace,
    of_the_cell,
    parameter_files,
    parameters,
    recorder_parameters,
    remappings,
    simulated_station,
)
from wm_robot_ros import cell_settings

from wm_robot.checkpoints import shipped_checkpoints
from wm_robot.robots import ROBOTS as REGISTERED
from wm_robot.robots import Box
from wm_robot.runtime.control.station import station_name

SILENT = {"safety_controller": {}, "planner": {}, "sim_robot": {}, "recorder": {}}
"""Files that say nothing."""

LEFT_OUT = {argument.name: argument.default or "" for argument in ROBOT_LAUNCH} | {"robot": "ur5e"}


@pytest.fixture
def share(tmp_path):
    (tmp_path / "config").mkdir()
    for name in ("ur5e", "fr3"):
        (tmp_path / "config" / f"{name}.yaml").write_text("")
    return tmp_path


@pytest.mark.parametrize("arguments", [ROBOT_LAUNCH, SIM_LAUNCH, RECORD_LAUNCH, VALIDATE_LAUNCH])
def test_every_argument_is_there_once_and_says_what_it_is(arguments):
    names = [argument.name for argument in arguments]
    assert len(set(names)) == len(names)
    for argument in arguments:
        assert argument.description.endswith(".")
        assert not argument.choices or argument.default in (None, *argument.choices)


def test_the_robots_to_choose_from_are_those_of_the_library():
    assert set(ROBOTS) == set(REGISTERED)


def test_only_a_real_arm_has_to_be_named():
    assert [argument.name for argument in ROBOT_LAUNCH if argument.default is None] == ["robot"]
    assert [argument.name for argument in SIM_LAUNCH if argument.default is None] == []


@pytest.mark.parametrize(
    ("given", "arm", "nodes"),
    [
        ("", "", "/wm_robot"),
        ("left", "/left", "/left/wm_robot"),
        ("/cell/left/", "/cell/left", "/cell/left/wm_robot"),
    ],
)
def test_the_nodes_are_in_a_namespace_below_that_of_the_arm(given, arm, nodes):
    assert arm_namespace(given) == arm
    assert node_namespace(given) == nodes


def test_each_namespace_has_a_clock_of_its_own_and_the_root_has_that_of_everybody():
    assert remappings("") == []
    assert remappings("left") == [("/clock", "/left/clock")]


def test_the_file_of_the_cell_is_read_after_that_of_the_arm(share, tmp_path):
    cell = tmp_path / "my_cell.yaml"
    cell.write_text("")
    assert parameter_files(share, "ur5e", "") == [share / "config/ur5e.yaml"]
    assert parameter_files(share, "ur5e", str(cell)) == [share / "config/ur5e.yaml", cell]


def test_a_config_may_be_the_name_of_one_that_comes_along(share):
    assert parameter_files(share, "ur5e", "fr3.yaml")[-1] == share / "config/fr3.yaml"


def test_a_config_that_does_not_exist_is_told_with_those_that_do(share):
    with pytest.raises(FileNotFoundError, match=r"cell\.yaml.*fr3\.yaml, ur5e\.yaml"):
        parameter_files(share, "ur5e", "cell.yaml")


def test_on_an_arm_the_files_have_the_word_on_speed_and_checkpoint():
    nodes = parameters(LEFT_OUT, SILENT)
    assert nodes["safety_controller"] == {"robot": "ur5e", "use_sim_time": False, "arm_namespace": ""}
    assert nodes["planner"] == nodes["safety_controller"]


@pytest.mark.parametrize(("robot", "checkpoint"), [("panda", "push"), ("so101", "push_so101")])
def test_in_simulation_the_arm_is_fast_and_the_model_is_that_of_task_and_arm(robot, checkpoint):
    nodes = parameters({**LEFT_OUT, "robot": robot, "sim": "true", "task": "push", "seed": "7"}, SILENT)
    assert nodes["safety_controller"]["speed"] == 1.0
    assert nodes["planner"]["checkpoint"] == checkpoint
    assert nodes["sim_robot"]["seed"] == 7


@pytest.mark.parametrize(
    ("of_the_cell", "used"), [("runs/ur5e", "runs/ur5e"), ("reach", "reach_ur5e"), ("", "reach_ur5e")]
)
def test_in_simulation_a_cells_own_model_stays_and_a_shipped_one_gives_way_to_that_of_the_arm(
    of_the_cell, used
):
    cell = SILENT | {"planner": {"checkpoint": of_the_cell}}
    said = parameters({**LEFT_OUT, "sim": "true"}, cell)["planner"]
    assert {**cell["planner"], **said}["checkpoint"] == used


def test_the_models_that_come_along_are_those_of_the_library():
    assert set(SHIPPED) == set(shipped_checkpoints())


def test_a_cell_has_the_word_on_the_port_of_its_dashboard():
    given = {**LEFT_OUT, "dashboard": "true"}
    assert parameters(given, SILENT)["planner"]["dashboard_port"] == 8080
    two = SILENT | {"planner": {"dashboard_port": 8090}}
    assert parameters(given, two)["planner"]["dashboard_port"] == 8090


@pytest.mark.parametrize(("use_sim_time", "clock"), [("auto", True), ("false", False)])
def test_a_simulation_makes_a_clock_where_somebody_follows_it(use_sim_time, clock):
    nodes = parameters({**LEFT_OUT, "sim": "true", "use_sim_time": use_sim_time}, SILENT)
    assert nodes["sim_robot"]["publish_clock"] is clock


@pytest.mark.parametrize(("arm", "name"), [("", "left.ur5e.sim"), ("mine", "mine.sim")])
def test_a_simulated_arm_has_a_latch_of_its_own_that_the_page_knows_too(arm, name):
    cell = SILENT | {node: {"arm": arm} for node in ("safety_controller", "planner")}
    nodes = parameters({**LEFT_OUT, "sim": "true", "namespace": "/left/"}, cell)
    assert (nodes["safety_controller"]["arm"], nodes["planner"]["arm"]) == (name, name)


def test_the_launch_file_names_a_simulated_arm_as_the_library_does():
    real = cell_settings.station_name("/cell/left", "panda")
    assert simulated_station("/cell/left", "panda") == station_name(real, simulated=True)


def test_simulation_and_recorder_take_a_cells_topics_over_from_planner_and_safety_controller():
    cell = SILENT | {
        "planner": {"camera_topics": ["front=/cam1"], "samples": 64},
        "safety_controller": {"joint_states": "states", "tf_prefix": "left_", "speed": 0.1},
    }
    topics = {"camera_topics": ["front=/cam1"], "joint_states": "states"}
    assert of_the_cell("sim_robot", cell) == {**topics, "tf_prefix": "left_"}
    assert of_the_cell("recorder", cell) == topics
    own = cell | {"recorder": {"joint_states": "other"}}
    assert of_the_cell("recorder", own)["joint_states"] == "other"
    assert of_the_cell("planner", cell) == cell["planner"]


def test_the_planners_page_draws_the_limits_that_a_cell_gives_the_safety_controller():
    limits = {"workspace": [0.3, -0.2, 0.0, 0.6, 0.2, 0.3], "safety.keep_out": [0.5, 0.1, 0.0, 0.6, 0.2, 0.4]}
    cell = SILENT | {"safety_controller": {**limits, "safety.distance_m": 0.01}}
    told = of_the_cell("planner", cell)
    assert told == limits
    shown = cell_settings.read_cell(told)
    assert shown.workspace == Box(low=(0.3, -0.2, 0.0), high=(0.6, 0.2, 0.3))
    assert shown.safety.keep_out == (Box(low=(0.5, 0.1, 0.0), high=(0.6, 0.2, 0.4)),)


def test_what_a_node_takes_over_it_has_under_the_same_name():
    for node, sources in SHARED.items():
        for source, names in sources.items():
            assert set(names) <= set(read_names()[source]) & set(read_names()[node])


def test_what_is_given_holds_for_a_simulated_arm_and_a_real_one():
    given = {"speed": "0.25", "checkpoint": "runs/ur5e", "namespace": "left", "use_sim_time": "true"}
    for sim in ("true", "false"):
        nodes = parameters({**LEFT_OUT, **given, "sim": sim}, SILENT)
        for node in ("safety_controller", "planner"):  # a busy machine's simulated clock may come late
            assert ("max_future_s" in nodes[node]) == (sim == "true")
            nodes[node].pop("max_future_s", None)
            assert nodes[node].pop("arm", None) == ("left.ur5e.sim" if sim == "true" else None)
        assert nodes["safety_controller"] == {
            "robot": "ur5e",
            "use_sim_time": True,
            "arm_namespace": "/left",
            "speed": 0.25,
        }
        assert nodes["planner"]["checkpoint"] == "runs/ur5e"


def test_all_follow_the_simulated_clock_but_the_simulation_that_makes_it():
    nodes = parameters({**LEFT_OUT, "sim": "true"}, SILENT)
    assert {name: node["use_sim_time"] for name, node in nodes.items()} == {
        "safety_controller": True,
        "planner": True,
        "sim_robot": False,
    }


def test_a_recorder_starts_by_itself_and_keeps_its_bags_where_its_file_says():
    left_out = {argument.name: argument.default for argument in RECORD_LAUNCH}
    assert recorder_parameters({**left_out, "namespace": "left"}) == {
        "use_sim_time": False,
        "arm_namespace": "/left",
        "record_at_once": True,
    }
    assert recorder_parameters({**left_out, "output": "bags", "at_once": "false"})["output"] == "bags"


@pytest.mark.parametrize("name", ["speed", "seed"])
def test_a_number_that_is_none_is_refused_by_the_name_of_its_argument(name):
    with pytest.raises(ValueError, match=f"{name}:=fast is no number"):
        parameters({**LEFT_OUT, name: "fast"}, SILENT)


def test_a_node_that_was_killed_is_told_from_one_that_ended():
    assert "planner was killed by signal 9" in exit_report("planner", -9)
    assert "planner has ended with exit code 0" in exit_report("planner", 0)


def test_without_its_safety_controller_nobody_says_that_the_arm_is_stopped():
    assert "The arm is stopped" in exit_report("planner", -9)
    assert "goes to its last command and holds it" in exit_report("safety_controller", -9)
    assert exit_report("recorder", 1) == "recorder has ended with exit code 1."
