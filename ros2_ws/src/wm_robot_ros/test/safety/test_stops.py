"""What stops an arm that moves, and what it takes to set it going again."""

import math
import socket
import time

import pytest
from lifecycle_msgs.msg import Transition
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger
from wm_robot_msgs.msg import ActionChunk, PlannerHeartbeat, SafetyStatus
from wm_robot_ros.node_peer import COMMAND_QOS

from wm_robot.runtime.control.station import Station


def test_a_second_publisher_that_comes_later_stops_the_arm(world):
    world.set_going()
    world.node.create_publisher(Float64MultiArray, world.topic, COMMAND_QOS)
    assert "SECOND_PUBLISHER" in world.wait_for_latch()


@pytest.mark.parametrize(
    ("kind", "name"), [(ActionChunk, "chunks"), (PlannerHeartbeat, "heartbeat")], ids=["chunks", "heartbeat"]
)
def test_a_second_planner_stops_the_arm_and_is_named(world, kind, name):
    world.set_going()
    rival = world.node.create_publisher(kind, f"/wm_robot/{name}", COMMAND_QOS)
    assert world.wait_for_latch() == {"SECOND_PUBLISHER"}
    assert any(f"2 publishers on /wm_robot/{name}" in message.event for message in world.told)
    assert not world.call(Trigger, "reset").success
    world.node.destroy_publisher(rival)
    world.wait(lambda: world.call(Trigger, "reset").success)


def nan(message):
    message.position[2] = math.nan
    return message


def foreign(message):
    message.name = [f"another_{name}" for name in message.name]
    return message


def old(message):
    message.header.stamp.sec -= 3
    return message


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (nan, "ROBOT_FAULT"),
        (foreign, "STATE_STALE"),
        (old, "STATE_STALE"),
        (lambda message: None, "STATE_STALE"),
    ],
    ids=["NaN", "foreign joints", "old stamps", "silence"],
)
def test_joint_states_that_cannot_be_trusted_stop_the_arm(world, change, fault):
    world.set_going()
    world.changed = change
    assert fault in world.wait_for_latch()


def test_joints_in_another_order_among_foreign_ones_are_the_same_joints(world):
    def shuffled(message):
        message.name = ["gripper", *reversed(message.name)]
        message.position = [0.7, *reversed(message.position)]
        return message

    world.changed = shuffled
    world.set_going()
    time.sleep(1.0)
    assert world.told[-1].mode == SafetyStatus.RUNNING


def test_a_planner_that_falls_silent_stops_the_arm(world):
    world.set_going("watchdogs.chunk_s:=30.0")
    world.planning = False
    world.send_chunk(actions=[0.0, 0.002] * 40)  # would go on for 8 s
    assert world.wait_for_latch() == {"PLANNER_DEAD"}


def test_a_planner_that_leaves_stops_the_arm_before_its_silence_does(world):
    world.set_going("watchdogs.chunk_s:=30.0", "watchdogs.plan_s:=30.0")
    world.planning = False
    world.send_chunk(actions=[0.0, 0.002] * 40)
    world.node.destroy_publisher(world.beats)
    assert world.wait_for_latch() == {"PLANNER_DEAD"}


@pytest.mark.parametrize(
    "fields",
    [
        {"actions": [0.0, math.nan] * 4},
        {"action_names": ["dx", "roll"]},
        {"actions": [0.01] * 7},
        {"dt": math.nan},
    ],
    ids=["NaN", "unknown action", "odd count", "no duration"],
)
def test_a_chunk_that_nobody_could_carry_out_stops_the_arm(world, fields):
    world.set_going()
    world.send_chunk(**fields)
    assert world.wait_for_latch() == {"CHUNK_INVALID"}


def test_a_chunk_older_than_the_one_in_execution_is_dropped(world):
    world.set_going()
    world.planning = False
    world.send_chunk(age_s=0.5)
    event = world.wait(lambda: next((m.event for m in world.told if "not newer" in m.event), ""))
    assert "dropped" in event


def test_an_emergency_stop_outlives_the_process_and_is_reset(world):
    world.set_going()
    answer = world.call(Trigger, "estop")
    assert (answer.success, answer.message) == (True, "latched")
    assert "ESTOP" in world.wait_for_latch()
    assert "safety_controller" in Station("ur5e").why_latched()
    world.end_node()
    world.planning = False
    world.start()
    assert world.change(Transition.TRANSITION_CONFIGURE)
    assert not world.change(Transition.TRANSITION_ACTIVATE)
    assert "latched" in world.output
    assert world.call(Trigger, "reset").success
    assert world.change(Transition.TRANSITION_ACTIVATE)


def test_after_a_reset_nothing_moves_before_a_new_plan(world):
    world.set_going()
    world.call(Trigger, "estop")
    world.wait_for_latch()
    world.planning = False
    time.sleep(0.1)
    world.planning = True  # signs of life, and plans that are not carried out
    assert world.call(Trigger, "reset").success
    world.wait_for(SafetyStatus.RUNNING)


def test_a_reset_is_refused_while_something_is_wrong(world):
    world.set_going()
    world.changed = lambda message: None
    world.wait(lambda: "STATE_STALE" in world.wait_for_latch())
    answer = world.call(Trigger, "reset")
    assert not answer.success
    assert "joint state is too old" in answer.message


def test_a_stop_ends_in_rest_and_the_next_plan_goes_on(world):
    world.set_going()
    world.planning = False
    answer = world.call(Trigger, "stop")
    assert (answer.success, answer.message) == (True, "stopped")
    world.assert_rest()
    world.planning = True
    world.wait_for(SafetyStatus.RUNNING)


def test_an_emergency_stop_is_carried_out_while_others_wait_for_an_arm_that_hangs(world):
    world.start()
    world.call(Trigger, "stop")
    clients = [world.node.create_client(Trigger, f"/wm_robot/{name}") for name in ("stop", "reset") * 4]
    emergency = world.node.create_client(Trigger, "/wm_robot/estop")
    world.wait(lambda: all(client.service_is_ready() for client in (*clients, emergency)))
    station = Station("ur5e")
    station.make()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as hanging:  # a run that takes no order
        hanging.bind(str(station.door))
        hanging.listen(20)
        waiting = [client.call_async(Trigger.Request()) for client in clients]
        heard = [hanging.accept() for _ in ("stop", "reset")]
        time.sleep(0.5)  # so that all have come
        refused = [future for future in waiting if future.done()]
        assert len(heard) == 2
        emergency.call_async(Trigger.Request())
        world.wait(station.why_latched)
        assert [future for future in waiting if future.done()] == refused  # the others still wait
        assert {future.result().message for future in refused} == {"another reset is under way"}


def test_orders_to_an_arm_that_is_not_commanded_are_answered(world):
    world.start()
    assert world.call(Trigger, "stop").success
    assert world.call(Trigger, "estop").message == "latched; no run is active"
    assert world.call(Trigger, "reset").success
