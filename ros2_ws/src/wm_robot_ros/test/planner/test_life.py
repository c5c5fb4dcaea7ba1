"""The planner comes to life, is activated where it sees all that it needs, and ends in order."""

from lifecycle_msgs.msg import Transition

from .conftest import Stage


def test_it_goes_through_its_states_and_back(stage):
    for transition, state in (
        (Transition.TRANSITION_DEACTIVATE, "inactive"),
        (Transition.TRANSITION_CLEANUP, "unconfigured"),
        (Transition.TRANSITION_CONFIGURE, "inactive"),
        (Transition.TRANSITION_ACTIVATE, "active"),
    ):
        assert stage.change(transition), stage.output
        assert stage.state() == state
    assert stage.node.count_publishers("/wm_robot/planner_status") == 1


def test_an_inactive_planner_takes_no_goal_and_says_so(stage):
    assert stage.change(Transition.TRANSITION_DEACTIVATE)
    assert stage.send() is None
    assert "goal refused: the planner is not active" in stage.output


def test_a_camera_that_shows_nothing_keeps_it_from_being_activated(stage):
    assert stage.change(Transition.TRANSITION_DEACTIVATE)
    stage.cameras.remove("top")
    assert not stage.change(Transition.TRANSITION_ACTIVATE)
    assert stage.state() == "inactive"
    assert "camera 'top': no picture" in stage.output
    assert "/top/color/image_raw is silent" in stage.output


def test_a_signal_during_a_goal_stops_the_arm_and_ends_the_process_in_order(stage):
    stage.pursue()
    assert stage.process.end() == 0, stage.output
    assert stage.stops == 1


# The process that the tests above share has ended: two planners of one name do not go together.


def test_it_does_not_plan_for_an_arm_that_its_checkpoint_is_not_for(tmp_path):
    stage = Stage(tmp_path / "node.log")
    try:
        stage.start("robot:=ur5e", "checkpoint:=reach")
        assert not stage.change(Transition.TRANSITION_CONFIGURE)
        assert stage.state() == "unconfigured"
        assert "reach is for panda, not ur5e" in stage.output
    finally:
        stage.close()
