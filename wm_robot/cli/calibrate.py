"""Calibrate the servos of an SO-101 by hand, or where a camera is and how it sees.

A camera needs a printed board: --print-board writes it. Pictures are taken one by one into the folder
--views, with the poses of an arm if a driver is named. What lies in the folder is then solved, which works
without a camera too.

Example: wmr calibrate --driver so101 --port /dev/ttyACM0 --calibration calibration/so101.json
Example: wmr calibrate --print-board board.pdf
Example: wmr calibrate --camera front=/dev/video0 --square-m 0.0349 --driver ur --host 192.168.0.10
Example: wmr calibrate --views calibration/front --output front.json
"""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.console import Console
from wm_hardware.board_print import print_board
from wm_hardware.calibration_board import Board
from wm_hardware.hand_eye import HandEye, calibrate_hand_eye
from wm_hardware.intrinsics import Intrinsics, calibrate_intrinsics
from wm_hardware.view_folder import ViewFolder

from wm_robot.cli.camera_options import make_cameras
from wm_robot.cli.check import expected_robot
from wm_robot.cli.driver_options import with_driver_options
from wm_robot.cli.view_terminal import take_views
from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import to_json, write_json
from wm_robot.runtime.control.station import Station, station_name
from wm_robot.runtime.drivers import DRIVERS

BLURRED_PX = 0.5


@dataclass(frozen=True, kw_only=True)
class CalibrateConfig:
    """Options of `wmr calibrate`; those of the driver follow, once one is named.

    Args:
        driver: so101 alone: calibrate its servos. With a camera: the arm whose pose each picture gets.
        robot: arm behind the driver; may be left out where the driver drives one kind alone.
        camera: NAME=SOURCE to take pictures with, as in `wmr run --cameras`.
        views: folder of the pictures and poses; calibration/<name of the camera> when left out.
        mount: "fixed" beside an arm that holds the board, or "in_hand" on the arm.
        output: file for the result; <views>.json when left out.
        print_board: write the board to this .pdf (true to size) or .png, and do nothing else.
        board: as it was printed; measure a square.
        arm: name of this arm on this machine, as in `wmr run`.
        json: print one JSON object on standard output.
    """

    driver: str | None = None
    robot: str | None = None
    camera: str | None = None
    views: Path | None = None
    mount: Literal["fixed", "in_hand"] = "fixed"
    output: Path | None = None
    print_board: Path | None = None
    board: Annotated[Board, tyro.conf.arg(name="")] = field(default_factory=Board)
    arm: str | None = None
    json: bool = False


def options(arguments: Sequence[str]) -> type:
    """The command line, with the options of the driver that it names."""
    named = any(argument.partition("=")[0] == "--driver" for argument in arguments)
    return with_driver_options(CalibrateConfig, arguments) if named else CalibrateConfig


def run(config: Any) -> int:
    if config.print_board is not None:
        print_board(config.board, config.print_board)
        answer: dict[str, Any] = {"board": str(config.print_board)}
        said = f"{config.print_board}: print it at 100 %, glue it to something flat, measure a square"
    elif config.camera is None and config.views is None:
        answer, said = _servos(config)
    else:
        answer, said = _camera(config)
    if config.json:
        print(json.dumps(answer))
    else:
        Console(soft_wrap=True, highlight=False).print(said)
    return 0


def _servos(config: Any) -> tuple[dict[str, Any], str]:
    if config.driver != "so101":
        raise WmrError(
            "calibrate what? servos: --driver so101; a camera: --camera NAME=SOURCE or --views FOLDER"
        )
    from wm_hardware.so101_calibration import calibrate_so101  # noqa: PLC0415

    from wm_robot.cli.servo_terminal import ServoTerminal  # noqa: PLC0415

    spec = expected_robot(config.robot, "so101")
    with Station(config.arm or spec.name).command(), ServoTerminal() as person:
        made = calibrate_so101(spec, config.driver_config, confirm=person.confirm, moving=person.moving)
    path = config.driver_config.calibration
    return to_json(dict(made)), f"{path} written, and the servos with it; next: wmr check --driver so101"


def _camera(config: Any) -> tuple[dict[str, Any], str]:
    name, _, _ = (config.camera or config.views.name).partition("=")
    folder = ViewFolder(config.views or Path("calibration") / name)
    if config.camera is not None:
        _take(config, name, folder)
    if folder.poses():
        result = calibrate_hand_eye(folder.views(), config.board, config.mount)
        lines = _hand_eye_lines(result, folder)
    else:
        result = _intrinsics(config.board, folder)
        lines = [f"focal length {result.fx:.1f}, {result.fy:.1f} px; no poses: not where the camera is"]
        lines += _blur(result)
    path = config.output or folder.path.with_suffix(".json")
    write_json(path, result)
    return to_json(result), "\n".join([*lines, str(path)])


def _take(config: Any, name: str, folder: ViewFolder) -> None:
    clock = SteadyClock()
    (camera,) = make_cameras([config.camera], [name], simulation=None, clock=clock)
    with ExitStack() as stack:
        robot = spec = None
        if config.driver is not None:
            spec = expected_robot(config.robot, config.driver)
            name = station_name(config.arm or spec.name, simulated=config.driver == "sim")
            stack.enter_context(Station(name).command())
            kind = DRIVERS.get(config.driver)
            robot = kind.make(spec, config.driver_config, clock)
            Console(stderr=True).print(f"Each picture connects to {spec.name}, which {kind.connecting}.")
        stack.enter_context(camera)
        take_views(camera, folder, config.board, robot=robot, spec=spec)


def _intrinsics(board: Board, folder: ViewFolder) -> Intrinsics:
    images = folder.images()
    if sizes := {image.shape for image in images} - {images[0].shape}:
        raise WmrError(f"pictures of one camera must be of one size, got {sizes | {images[0].shape}}")
    seen = [corners for image in images if (corners := board.find(image)) is not None]
    height, width = images[0].shape[:2]
    return calibrate_intrinsics(seen, width, height)


def _hand_eye_lines(result: HandEye, folder: ViewFolder) -> list[str]:
    x, y, z = result.p_PC
    parent = "the world" if result.mount == "fixed" else "the end effector"
    worst = folder.pictures()[result.worst_view].name
    return [
        f"camera at {x:.4f} {y:.4f} {z:.4f} m in {parent}, from {result.views} pictures",
        f"arm and camera disagree by {result.residual_mm:.2f} mm and {result.residual_deg:.2f}°, "
        f"most in {worst}: remove that picture first, and solve again",
        *_blur(result.intrinsics),
    ]


def _blur(camera: Intrinsics) -> list[str]:
    line = f"corners are {camera.residual_px:.2f} px from where the lens puts them"
    return [line + (": blurred pictures, or a bent board" if camera.residual_px > BLURRED_PX else "")]
