"""A planner's inputs, which stay once they are read."""

from dataclasses import replace

import pytest
from wm_robot_ros.cell_settings import CellSettings
from wm_robot_ros.held_cell import HeldCell

from wm_robot.core.errors import WmrError

SHIFTED = CellSettings(arm_namespace="left", dashboard_port=8080)


def test_inputs_change_until_they_are_held_and_after_they_are_released():
    cell = HeldCell(CellSettings())
    cell.change(SHIFTED)
    assert cell.hold() == SHIFTED
    cell.change(SHIFTED)  # nothing new
    with pytest.raises(WmrError, match=r"^arm_namespace, dashboard_port are read .* clean up first$"):
        cell.change(CellSettings())
    with pytest.raises(WmrError, match=r"^checkpoint is read"):
        cell.change(replace(SHIFTED, checkpoint="push"))
    assert cell.now == SHIFTED
    cell.release()
    cell.change(CellSettings())
    assert cell.now == CellSettings()


def test_another_checkpoint_is_adopted_though_the_rest_is_held():
    cell = HeldCell(SHIFTED)
    cell.hold()
    cell.adopt("push")
    cell.change(replace(SHIFTED, checkpoint="push"))
    assert cell.held
    with pytest.raises(WmrError, match=r"^checkpoint is read"):
        cell.change(SHIFTED)
