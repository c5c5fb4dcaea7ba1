"""Takes pictures of a calibration board when a person presses Enter."""

import sys

import numpy as np
from rich.console import Console
from wm_hardware.calibration_board import Board
from wm_hardware.view_folder import ViewFolder

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.joints import places
from wm_robot.core.protocols import FrameSource, Robot
from wm_robot.robots import RobotSpec
from wm_robot.runtime.control.controller import STANDSTILL_RAD_S

ENOUGH = 15


def take_views(
    camera: FrameSource, folder: ViewFolder, board: Board, *, robot: Robot | None, spec: RobotSpec | None
) -> None:
    """Keep a picture each time that Enter is pressed and the board is in it, until "q" or the input's end.

    The arm is connected for each picture alone, so that in between it can be led with its own controls.

    Args:
        camera: connected.
        folder: for pictures and poses.
        board: in view.
        robot: whose pose each picture gets, not connected; None for none.
        spec: of that robot.
    """
    console = Console(stderr=True, highlight=False)
    console.print(
        f"Take {ENOUGH} pictures: the board in every part of the picture, tilted by 20 to 30° each way."
    )
    console.print("Enter takes one while nothing moves; q and Enter ends.")
    while (line := sys.stdin.readline()) and line.strip() != "q":
        try:
            console.print(_take(camera, folder, board, robot, spec))
        except DriverError as error:
            console.print(f"[red]not kept:[/] {error}")


def _take(
    camera: FrameSource, folder: ViewFolder, board: Board, robot: Robot | None, spec: RobotSpec | None
) -> str:
    X_WE = None if robot is None or spec is None else _pose(robot, spec)
    image = camera.read().image
    corners = board.find(image)
    if corners is None:
        return "[yellow]not kept:[/] the board is not in the picture, or blurred; see its columns and rows"
    name = folder.add(image, X_WE)
    return f"{name}: {len(corners.pixels)} corners; {len(folder.pictures())} of {ENOUGH} pictures"


def _pose(robot: Robot, spec: RobotSpec) -> FloatArray:
    """X_WE (4, 4) of an arm at rest; raises DriverError where it moves or does not answer."""
    from wm_controllers.kinematics import load_arm  # noqa: PLC0415
    from wm_sim.scene import model_path  # noqa: PLC0415  (imports mujoco)

    try:
        robot.connect()
        try:
            state = robot.read()
        finally:
            robot.disconnect()
        order = places(state.joint_names, spec.joint_names)
    except WmrError as error:
        raise DriverError(f"no pose of the arm: {error}") from error
    speed = float(np.abs(np.nan_to_num(state.v)).max())
    if speed > STANDSTILL_RAD_S:
        raise DriverError(f"the arm moves at {speed:.2f} rad/s; let it come to rest")
    return load_arm(model_path(spec), spec).place(np.asarray(state.q)[order]).homogeneous.copy()
