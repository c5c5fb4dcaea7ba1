"""A pursuit comes as a whole or not at all."""

from rclpy.lifecycle import TransitionCallbackReturn
from wm_robot_ros import pursuit

from wm_robot.core.errors import WmrError


def test_an_activation_that_fails_midway_leaves_no_sign_of_life(planner, monkeypatch):
    def refuse(*_, **__):
        raise WmrError("a test")

    monkeypatch.setattr(pursuit, "EpisodeTopics", refuse)
    assert planner.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert planner.trigger_activate() == TransitionCallbackReturn.FAILURE
    for topic in ("chunks", "heartbeat", "planner_status"):
        assert planner.count_publishers(planner.resolve_topic_name(topic)) == 0
