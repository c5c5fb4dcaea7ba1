"""`wmr calibrate` as a person at a terminal goes through it."""

import io
import json
import os
import threading
import time

import numpy as np
import pytest
from board_pictures import FOCAL_PX, board_poses, picture, pose
from servo_bus import Servo, ServoBus
from wm_controllers.kinematics import load_arm
from wm_hardware.hand_eye import HandEye
from wm_hardware.view_folder import ViewFolder
from wm_sim.scene import model_path

from wm_robot.cli import calibrate
from wm_robot.cli.main import main
from wm_robot.core.types import Frame
from wm_robot.robots import get_robot

X_WC = pose([0.6, -0.5, 0.5], [0.3, 0.1, -0.4])
X_EB = pose([-0.1, 0.05, 0.08], [0.2, -0.3, 1.0])
TORQUE, OFFSET, MIDDLE, OLD_OFFSET = 40, 31, 2047, 0x8FF


@pytest.fixture(autouse=True)
def _own_state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def bus():
    servos = {i: Servo(i) for i in range(1, 7)}
    for servo in servos.values():
        servo.set(OFFSET, OLD_OFFSET, 2)
        servo.set(TORQUE, 1)
    with ServoBus(servos) as bus:
        yield bus


def until(holds):
    end_s = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end_s, "did not happen in time"
        time.sleep(0.005)


def calibrate_servos(bus, file):
    line = f"calibrate --driver so101 --port {bus.port} --calibration {file} --reply-timeout-s 0.25"
    return main(line.split())


def test_servos_are_calibrated_between_presses_of_enter(bus, tmp_path, monkeypatch, capsys):
    read, write = os.pipe()
    monkeypatch.setattr("sys.stdin", os.fdopen(read))
    servos = bus.servos.values()

    def person():
        os.write(write, b"\n")  # the arm is supported
        until(lambda: all(servo.get(OFFSET, 2) == 0 for servo in servos))
        for servo in servos:
            servo.encoder = 1500
        os.write(write, b"\n")  # every joint is in the middle: 1500 - 2047 = -547, sign in bit 11
        until(lambda: all(servo.get(OFFSET, 2) == 547 | 1 << 11 for servo in servos))
        os.write(write, b"\n")  # and now through the ranges
        for encoder in (1500, 900, 1500, 2300):
            for servo in servos:
                servo.encoder = encoder
            time.sleep(0.4)
        os.write(write, b"\n")

    thread = threading.Thread(target=person)
    thread.start()
    file = tmp_path / "mine.json"
    code = calibrate_servos(bus, file)
    thread.join()
    shown = capsys.readouterr()
    assert code == 0, shown.err
    assert "Support the arm" in shown.err
    # From 600 below the middle to 800 above: 1400 ticks of 4096 are 123 degrees.
    assert "123" in shown.err
    joint = json.loads(file.read_text())["elbow_flex"]
    assert (joint["range_min"], joint["range_max"]) == (MIDDLE - 600, MIDDLE + 800)
    assert not any(servo.get(TORQUE) for servo in servos)


def test_without_a_terminal_nothing_is_written_to_the_servos(bus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    arguments = [
        "--port",
        bus.port,
        "--calibration",
        str(tmp_path / "mine.json"),
        "--reply-timeout-s",
        "0.25",
    ]
    assert main(["calibrate", "--driver", "so101", *arguments]) == 2
    assert "run the calibration in a terminal" in capsys.readouterr().err
    assert all(servo.get(TORQUE) for servo in bus.servos.values())


class Camera:
    """Shows one picture after the other."""

    name = "front"

    def __init__(self, images):
        self.images = iter(images)

    def read(self):
        return Frame(stamp_ns=time.monotonic_ns(), image=next(self.images))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


def test_a_camera_is_found_from_a_folder_of_pictures_with_poses(tmp_path, capsys):
    folder = ViewFolder(tmp_path / "front")
    for X_CB in board_poses(15):
        folder.add(picture(X_CB), X_WC @ X_CB @ np.linalg.inv(X_EB))
    assert main(["calibrate", "--views", str(folder.path), "--mount", "fixed"]) == 0
    assert "camera at 0.6" in capsys.readouterr().out
    found = HandEye.load(tmp_path / "front.json")
    # Corners to a tenth of a pixel, 0.06 mm at 0.4 m, and a focal length from the same pictures.
    assert np.linalg.norm(found.X_PC[:3, 3] - X_WC[:3, 3]) < 0.002
    assert found.intrinsics.fx == pytest.approx(FOCAL_PX, rel=0.01)


def test_pictures_are_kept_with_the_arms_pose_and_only_where_the_board_is_seen(tmp_path, monkeypatch, capsys):
    seen = [picture(X_CB) for X_CB in board_poses(7)]
    images = [seen[0], np.zeros_like(seen[0]), *seen[1:]]
    monkeypatch.setattr(calibrate, "make_cameras", lambda *given, **more: [Camera(images)])
    monkeypatch.setattr("sys.stdin", io.StringIO("\n" * len(images) + "q\n"))
    views = tmp_path / "views"
    arguments = ["--camera", "front=0", "--views", str(views), "--driver", "fake", "--robot", "ur5e"]
    # The arm stood still: no camera pose can follow from that, and it is said why.
    assert main(["calibrate", *arguments]) == 2
    shown = capsys.readouterr().err
    assert "touches no real arm" in shown
    assert shown.count("not kept") == 1
    assert "tilt it more ways" in shown
    ur5e = get_robot("ur5e")
    home = load_arm(model_path(ur5e), ur5e).place(np.array(ur5e.home)).homogeneous
    kept = ViewFolder(views).views()
    assert len(kept) == 7
    np.testing.assert_allclose(kept[-1].X_WE, home, atol=1e-12)


def test_without_poses_the_lens_alone_is_calibrated(tmp_path, monkeypatch, capsys):
    images = [picture(X_CB) for X_CB in board_poses(8)]
    monkeypatch.setattr(calibrate, "make_cameras", lambda *given, **more: [Camera(images)])
    monkeypatch.setattr("sys.stdin", io.StringIO("\n" * len(images)))
    views = tmp_path / "front"
    assert main(["calibrate", "--camera", "front=0", "--views", str(views), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["fx"] == pytest.approx(FOCAL_PX, rel=0.02)
    assert json.loads((tmp_path / "front.json").read_text()) == made


def test_nothing_to_calibrate_is_a_users_error_and_the_board_needs_nothing_else(tmp_path, capsys):
    assert main(["calibrate"]) == 2
    assert "calibrate what?" in capsys.readouterr().err
    assert main(["calibrate", "--driver", "fake"]) == 2
    assert main(["calibrate", "--print-board", str(tmp_path / "board.pdf"), "--columns", "9"]) == 0
    assert (tmp_path / "board.pdf").stat().st_size > 10_000
