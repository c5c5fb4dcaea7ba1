"""Parameters of a real node: declared, described, changed and refused."""

import re
from dataclasses import dataclass, field
from typing import Annotated, Literal

import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from wm_robot_ros.node_parameters import node_parameters
from wm_robot_ros.parameter_file import parameter_file
from wm_robot_ros.parameters import Parameters

from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.core.errors import WmrError
from wm_robot.planners import PlanningConfig
from wm_robot.robots import get_robot
from wm_robot.runtime.planner_settings import apply, planner_settings
from wm_robot.runtime.settings import settings_of


@dataclass(frozen=True, kw_only=True)
class Inner:
    """Inner.

    Args:
        kind: one of two.
    """

    kind: Literal["a", "b"] = "a"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Outer.

    Args:
        speed: how fast.
        count: how many.
        limit: at most so many; None for any number.
        joints: by name.
        offsets_m: by joint.
        inner: more.
    """

    speed: Annotated[float, Bounds(0.0, 2.0, excluded=(0.0,))] = 1.0
    count: Annotated[int, Bounds(1, 9)] = 3
    limit: Annotated[int, Bounds(1, 9)] | None = None
    joints: tuple[str, ...] = ()
    offsets_m: tuple[float, ...] = ()
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self) -> None:
        check_fields(self, "config")
        if self.limit is not None and self.count > self.limit:
            raise WmrError(f"count is {self.count}, above the limit of {self.limit}")


@pytest.fixture
def make_node():
    """A function that makes a node, with overrides as a file would give them."""
    context = rclpy.Context()
    rclpy.init(context=context)
    nodes = []

    def make(**overrides):
        given = [Parameter(name.replace("__", "."), value=value) for name, value in overrides.items()]
        nodes.append(Node("tested", context=context, parameter_overrides=given))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()
    rclpy.shutdown(context=context)


def declared(node):
    parameters = Parameters(node)
    parameters.declare(settings_of(Config))
    return parameters


def set_(node, name, value, type_=None):
    """As `ros2 param set` does it."""
    (result,) = node.set_parameters([Parameter(name, type_, value)])
    return result


def test_the_defaults_come_back_as_the_dataclass(make_node):
    assert declared(make_node()).read(Config()) == Config()


def test_overrides_go_before_defaults_and_a_whole_number_is_a_double(make_node):
    node = make_node(speed=2, joints=["x", "y"], offsets_m=[1, 2], inner__kind="b", limit=4)
    assert declared(node).read(Config()) == Config(
        speed=2.0, joints=("x", "y"), offsets_m=(1.0, 2.0), inner=Inner(kind="b"), limit=4
    )
    assert node.get_parameter("speed").type_ == Parameter.Type.DOUBLE
    assert node.get_parameter("offsets_m").type_ == Parameter.Type.DOUBLE_ARRAY


@pytest.mark.parametrize("node", ["planner", "safety_controller", "sim_robot", "recorder"])
def test_a_parameter_file_is_read_by_ros_and_what_is_uncommented_holds(tmp_path, node):
    nodes = node_parameters(get_robot("so101"))
    text, file = parameter_file(nodes, "so101"), tmp_path / "my_cell.yaml"
    file.write_text(re.sub('#?arm_namespace: ""', "arm_namespace: left", text))
    context = rclpy.Context()
    rclpy.init(args=["--ros-args", "--params-file", str(file)], context=context)
    ours = Node(node, namespace="left/wm_robot", context=context)
    try:
        parameters = Parameters(ours)
        parameters.declare(nodes[node])
        values = parameters.values()
        assert values["arm_namespace"] == "left"
        others = [s for s in nodes[node] if s.name not in ("arm_namespace", "robot")]
        assert {s.name: values[s.name] for s in others} == {s.name: s.default for s in others}
    finally:
        ours.destroy_node()
        rclpy.shutdown(context=context)


def test_an_override_that_is_not_valid_is_said_and_nothing_stays_declared(make_node):
    node = make_node(inner__kind="c")
    with pytest.raises(WmrError, match=r"unknown inner\.kind 'c'; valid: a, b"):
        declared(node)
    assert not node.has_parameter("speed")


def test_the_descriptor_tells_range_choices_and_type(make_node):
    node = make_node()
    declared(node)
    speed, count, kind, joints = node.describe_parameters(["speed", "count", "inner.kind", "joints"])
    (range_,) = speed.floating_point_range
    assert (range_.from_value, range_.to_value, range_.step) == (0.0, 2.0, 0.0)
    assert (speed.description, speed.additional_constraints) == ("how fast.", "above 0, at most 2")
    (range_,) = count.integer_range
    assert (range_.from_value, range_.to_value, range_.step) == (1, 9, 0)
    assert kind.additional_constraints == "one of a, b"
    assert joints.type == Parameter.Type.STRING_ARRAY.value  # though it is empty
    assert node.get_parameter("joints").value == []


def test_a_live_change_reaches_the_dataclass(make_node):
    node = make_node()
    parameters = declared(node)
    assert set_(node, "count", 5).successful
    assert set_(node, "speed", 2).successful
    assert set_(node, "offsets_m", [1, 2]).successful
    assert set_(node, "joints", [], Parameter.Type.BOOL_ARRAY).successful  # what the command line makes of []
    assert parameters.read(Config()) == Config(count=5, speed=2.0, offsets_m=(1.0, 2.0))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("speed", 0.0, "speed is 0.0; valid: a number, above 0, at most 2"),
        ("speed", 0, "speed is 0.0; valid: a number, above 0, at most 2"),
        ("speed", 3.0, "Min: 0.0, Max: 2.0, value: 3.0"),
        ("count", 10, "Min: 1, Max: 9, value: 10"),
        ("count", 2.5, "expected 'Type.INTEGER'"),
        ("inner.kind", "c", "unknown inner.kind 'c'; valid: a, b"),
        ("joints", "x", "expected 'Type.STRING_ARRAY'"),
    ],
)
def test_a_live_change_that_is_not_valid_is_refused_with_the_reason(make_node, name, value, reason):
    node = make_node()
    parameters = declared(node)
    result = set_(node, name, value)
    assert not result.successful
    assert reason in result.reason
    assert parameters.read(Config()) == Config()


def test_values_that_do_not_fit_each_other_are_refused_by_whoever_watches(make_node):
    node = make_node(limit=4)
    parameters = declared(node)
    seen = []

    def accept(values):
        if values["count"] > values["limit"]:
            raise WmrError(f"count is {values['count']}, above the limit of {values['limit']}")
        seen.append(values["count"])

    parameters.watch(accept)
    refused = set_(node, "count", 5)
    assert (refused.successful, refused.reason) == (False, "count is 5, above the limit of 4")
    assert set_(node, "count", 4).successful
    both = [Parameter("count", value=6), Parameter("limit", value=7)]
    assert node.set_parameters_atomically(both).successful
    assert seen == [4, 6]


def test_0_stands_for_none(make_node):
    node = make_node(limit=4)
    parameters = declared(node)
    assert parameters.values()["limit"] == 4
    assert set_(node, "limit", 0).successful
    assert parameters.values()["limit"] is None


def test_read_only_parameters_stay_as_they_are(make_node):
    node = make_node(joints=["x"])
    parameters = Parameters(node)
    for _ in range(2):  # an arm that is configured again
        parameters.declare(settings_of(Config), read_only=("joints", "offsets_m"))
        assert not set_(node, "joints", ["y"]).successful
        assert not set_(node, "offsets_m", [1.0]).successful
        assert parameters.read(Config()) == Config(joints=("x",))


def test_declaring_again_takes_new_defaults_and_forgets_live_changes(make_node):
    node = make_node(speed=0.5)
    parameters = declared(node)
    set_(node, "count", 5)
    set_(node, "speed", 0.7)
    parameters.declare(settings_of(Config(count=7)))
    assert parameters.read(Config()) == Config(count=7, speed=0.5)


def test_a_planners_settings_change_live(make_node):
    node = make_node(samples=256)
    planning = PlanningConfig()
    parameters = Parameters(node)
    parameters.declare(planner_settings(planning))
    plannings = []
    parameters.watch(lambda values: plannings.append(apply(planning, values)))
    assert set_(node, "planner", "mppi").successful
    assert set_(node, "mppi.temperature", 1).successful
    assert (plannings[-1].planner, plannings[-1].options) == ("mppi", {"temperature": 1.0})
    assert plannings[-1].search.samples == 256
    refused = set_(node, "knots", 9)
    assert (refused.successful, refused.reason) == (False, "9 knots for a horizon of 3 steps; valid: 1 to 3")
