"""A video file stands where a camera would: the same OpenCV class opens both."""

import cv2
import numpy as np
import pytest
from wm_hardware import opencv_camera
from wm_hardware.opencv_camera import OpenCVCamera, OpenCVCameraConfig, age_ns

from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import DriverError, WmrError


@pytest.fixture
def film(tmp_path):
    """Writes a film that is red, and a little brighter from one frame to the next."""

    def write(frames, rate_hz):
        path = str(tmp_path / "film.avi")
        writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), rate_hz, (64, 48))
        assert writer.isOpened()
        for number in range(frames):
            writer.write(np.full((48, 64, 3), (0, 0, min(100 + number, 250)), np.uint8))  # BGR
        writer.release()
        return path

    return write


def test_pictures_are_rgb_and_stamped_when_they_come(film):
    clock = SteadyClock()
    before_ns = clock.now_ns()
    with OpenCVCamera(OpenCVCameraConfig(source=film(100, 50.0)), clock) as camera:
        one = camera.read()
        while (two := camera.read()) is one:
            pass
    assert one.image.shape == (48, 64, 3)
    assert one.image.dtype == np.uint8
    red, green, blue = one.image.reshape(-1, 3).mean(axis=0)
    assert red > 90  # the file's compression keeps a colour to a few units
    assert green < 10
    assert blue < 10
    assert before_ns < one.stamp_ns < two.stamp_ns < clock.now_ns()


def test_a_slow_reader_gets_the_newest_picture_and_not_the_next(film):
    clock = SteadyClock()
    with OpenCVCamera(OpenCVCameraConfig(source=film(400, 100.0)), clock) as camera:
        first = camera.read()
        clock.sleep_until_ns(clock.now_ns() + 300_000_000)
        assert camera.read().image[0, 0, 0] > first.image[0, 0, 0] + 5  # 30 frames at most have gone by


def test_a_camera_that_goes_away_is_an_error_that_names_those_that_are_there(film):
    camera = OpenCVCamera(OpenCVCameraConfig(name="wrist", source=film(3, 100.0)))

    def read_until_it_ends():
        while True:
            camera.read()

    with camera, pytest.raises(DriverError, match=r"camera 'wrist': .*film.avi' is gone; .*/dev/video"):
        read_until_it_ends()


def test_after_it_went_away_a_camera_can_be_connected_again(film):
    camera = OpenCVCamera(OpenCVCameraConfig(source=film(1, 100.0)))
    for _ in range(2):
        with camera:
            camera._thread.join()  # the end of the film
            with pytest.raises(DriverError, match="is gone"):
                camera.read()


@pytest.mark.parametrize("source", [97, "/dev/video97", "/nowhere/film.avi"])
def test_a_missing_camera_is_an_error_that_names_those_that_are_there(source):
    with pytest.raises(DriverError, match=f"cannot open {source!r}; .*/dev/video"):
        OpenCVCamera(OpenCVCameraConfig(source=source)).connect()


def test_the_devices_are_listed_with_the_names_that_their_drivers_give(tmp_path, monkeypatch):
    for number, name in ((0, "HD Webcam"), (4, "RealSense D435")):
        (tmp_path / f"video{number}").mkdir()
        (tmp_path / f"video{number}" / "name").write_text(f"{name}\n")
    monkeypatch.setattr(opencv_camera, "VIDEO_NODES", tmp_path)
    with pytest.raises(DriverError, match=r"/dev/video0 \(HD Webcam\), /dev/video4 \(RealSense D435\)"):
        OpenCVCamera(OpenCVCameraConfig(source=97)).connect()


def test_a_camera_that_sends_nothing_is_an_error_after_a_while(film, monkeypatch):
    monkeypatch.setattr(opencv_camera, "FIRST_FRAME_S", 0.05)
    slow = OpenCVCameraConfig(source=film(2, 1.0))  # its first picture is due after a second
    with OpenCVCamera(slow) as camera, pytest.raises(DriverError, match=r"sent no picture in 0\.05 s"):
        camera.read()


def test_a_camera_that_is_not_connected_says_so():
    camera = OpenCVCamera(OpenCVCameraConfig())
    camera.disconnect()
    with pytest.raises(DriverError, match="not connected; call connect"):
        camera.read()


def test_the_age_of_a_picture_is_that_of_the_drivers_stamp_where_it_gives_one():
    now_ns = 100_000_000_000
    assert age_ns(99_950.0, now_ns) == 50_000_000  # 50 ms before 100 s
    assert age_ns(0.0, now_ns) == 0  # none given
    assert age_ns(1.7e12, now_ns) == 0  # the wall clock


@pytest.mark.parametrize("setting", [{"width": 0}, {"rate_hz": -1.0}, {"fourcc": "H264X"}])
def test_impossible_settings_are_refused(setting):
    with pytest.raises(WmrError, match=f"camera 'front': {next(iter(setting))} is"):
        OpenCVCameraConfig(**setting)
