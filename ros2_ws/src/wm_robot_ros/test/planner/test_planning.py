"""What is set while a planner is busy with something else takes effect, or is refused with a reason."""

import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from wm_robot_ros import planning

from wm_robot.core.errors import WmrError

DONE, FAILED = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


def change(planner, name, value):
    """ "" where it is set, else why not."""
    (result,) = planner.set_parameters([Parameter(name, value=value)])
    return "" if result.successful else result.reason


def test_what_is_set_while_a_checkpoint_is_opened_is_refused_and_not_lost(planner, monkeypatch):
    answers, load = {}, planning.load_checkpoint

    def loaded(folder):
        for name, value in asked.items():
            answers[name] = change(planner, name, value)
        return load(folder)

    monkeypatch.setattr(planning, "load_checkpoint", loaded)
    asked = {"dashboard_port": 8471, "checkpoint": "push", "arm_namespace": "left", "time_limit_s": 9.0}
    assert planner.trigger_configure() == DONE
    for name, value in asked.items():
        assert answers[name] == f"{name} is read when the node is configured: clean up first"
        assert planner.get_parameter(name).value != value
    asked = {"samples": 32}
    with pytest.raises(WmrError, match="reach_so101 is for so101"):
        planner._planning.adopt("reach_so101")
    assert "a checkpoint is being opened" in answers["samples"]
    assert change(planner, "samples", 32) == ""
    assert planner._planning.loaded.planning.search.samples == 32


def test_inputs_stay_from_configuration_to_cleanup(planner):
    assert change(planner, "camera_topics", ["front=/cam1"]) == ""
    assert change(planner, "camera_topics", ["front=/cam1", "top=/cam2"]) == ""
    assert planner.trigger_configure() == DONE
    assert "clean up first" in change(planner, "camera_topics", [])
    assert change(planner, "camera_topics", ["front=/cam1", "top=/cam2"]) == ""  # as it is
    assert planner.trigger_cleanup() == DONE
    assert change(planner, "camera_topics", []) == ""
    with pytest.raises(WmrError, match="configure it"):
        planner._planning.adopt("push")


def test_inputs_can_be_mended_after_a_configuration_that_failed(planner):
    assert change(planner, "checkpoint", "nowhere") == ""
    assert planner.trigger_configure() == FAILED
    assert change(planner, "checkpoint", "reach") == ""
    assert planner.trigger_configure() == DONE
