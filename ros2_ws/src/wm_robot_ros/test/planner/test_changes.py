"""What can be changed while it runs, from the next plan on, and what is refused with a reason."""

from rcl_interfaces.srv import GetParameters
from wm_robot_msgs.srv import LoadCheckpoint, SwitchPlanner


def test_a_setting_changes_the_next_plan_and_one_that_is_not_valid_is_refused(stage):
    handle = stage.pursue()
    assert stage.set("samples", 32).successful
    stage.wait(lambda: stage.plans[-1].samples == 32)
    assert "parameter samples: 16 → 32" in stage.output
    refused = stage.set("noise_decay", 0.0)
    assert not refused.successful
    assert "above 0, at most 1" in refused.reason
    assert stage.set("samples", 16).successful
    stage.cancel(handle)


def test_a_setting_that_leaves_nothing_to_read_the_goal_is_refused_while_it_is_pursued(stage):
    handle = stage.pursue()
    assert stage.set("smoothness.weight", 0.1).successful
    assert stage.set("posture.running", 0.0).successful
    refused = stage.set("posture.terminal", 0.0)
    assert not refused.successful
    assert "reads the goal" in refused.reason
    assert stage.next_plan()
    assert stage.set("posture.running", 1.0).successful
    assert stage.set("smoothness.weight", 0.0).successful
    stage.cancel(handle)


def test_inputs_do_not_change_under_an_active_planner(stage):
    refused = stage.set("sync_slop_s", 0.2)
    assert not refused.successful
    assert refused.reason == "sync_slop_s is read when the node is configured: clean up first"


def test_another_algorithm_plans_from_the_next_plan_on(stage):
    handle = stage.pursue()
    switched = stage.call(SwitchPlanner, "switch_planner", planner="mppi")
    assert (switched.success, switched.previous) == (True, "cem"), switched.message
    stage.wait(lambda: stage.plans[-1].planner == "mppi")
    (value,) = stage.call(GetParameters, "planner/get_parameters", names=["planner"]).values
    assert value.string_value == "mppi"
    refused = stage.call(SwitchPlanner, "switch_planner", planner="astar")
    assert not refused.success
    assert "predictive_sampling" in refused.message
    assert stage.call(SwitchPlanner, "switch_planner", planner="cem").success
    stage.cancel(handle)


def test_a_checkpoint_of_another_robot_is_refused_and_the_one_before_stays(stage):
    refused = stage.call(LoadCheckpoint, "load_checkpoint", checkpoint="reach_so101")
    assert not refused.success
    assert "reach_so101 is for so101, not panda" in refused.message
    refused = stage.call(LoadCheckpoint, "load_checkpoint", checkpoint="nowhere")
    assert "give a folder, or one that is shipped" in refused.message
    stage.cancel(stage.pursue())


def test_a_checkpoint_is_not_exchanged_under_a_goal(stage):
    handle = stage.pursue()
    refused = stage.call(LoadCheckpoint, "load_checkpoint", checkpoint="push")
    assert (refused.success, refused.message) == (False, "a goal is pursued; cancel it first")
    stage.cancel(handle)


def test_another_checkpoint_of_the_robot_takes_over(stage):
    loaded = stage.call(LoadCheckpoint, "load_checkpoint", checkpoint="push")
    assert loaded.success, loaded.message
    assert loaded.robot == "panda"
    (told,) = stage.call(GetParameters, "planner/get_parameters", names=["checkpoint"]).values
    assert told.string_value == "push"  # which is what is configured again
    assert "clean up first" in stage.set("checkpoint", "reach").reason
    stage.cancel(stage.pursue())
    assert stage.call(LoadCheckpoint, "load_checkpoint", checkpoint="reach").success
