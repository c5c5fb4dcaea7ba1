import numpy as np
import pytest

from wm_robot.core.errors import DatasetError, ShapeError
from wm_robot.data.video import VideoConfig, cut, decode, encode, stream_info


@pytest.fixture
def images() -> np.ndarray:
    """Smooth pictures that change from frame to frame (25, 32, 48, 3): every codec can hold them."""
    t, y, x = np.meshgrid(np.arange(25), np.arange(32), np.arange(48), indexing="ij")
    return np.stack([4 * x + t, 6 * y + t, 120 + 4 * t + 0 * x], axis=-1).astype(np.uint8)


def times(images: np.ndarray, fps: int) -> np.ndarray:
    return np.arange(len(images)) / fps


@pytest.mark.parametrize("fps", [1, 5, 30, 50])
def test_the_default_keeps_every_pixel_at_every_rate(images, fps):
    np.testing.assert_array_equal(decode(encode(images, fps), times(images, fps)), images)


@pytest.mark.parametrize(
    ("config", "fmt", "worst"),
    [
        (VideoConfig(codec="libx264", pix_fmt="yuv444p", crf=12, preset="veryfast"), "yuv444p", 16),
        (VideoConfig(codec="libx264", pix_fmt="yuv420p", crf=12, preset="veryfast"), "yuv420p", 24),
    ],
)
def test_other_codecs_come_close(images, config, fmt, worst):
    video = encode(images, 10, config)
    assert stream_info(video)["video.pix_fmt"] == fmt
    assert np.abs(decode(video, times(images, 10)).astype(int) - images).max() <= worst


def test_the_same_pictures_give_the_same_bytes(images):
    assert encode(images, 5) == encode(images.copy(), 5)


def test_frames_are_found_by_time_not_by_position(images):
    video = encode(images, 10)
    np.testing.assert_array_equal(decode(video, np.array([0.3, 1.1, 2.4])), images[[3, 11, 24]])


def test_a_moment_without_a_frame_is_an_error(images):
    video = encode(images, 10)
    for moment in (0.25, 2.5, 100.0):
        with pytest.raises(DatasetError, match=r"no frame within 0\.0001 s"):
            decode(video, np.array([moment]))


def test_a_part_is_cut_out_without_changing_a_pixel(images, tmp_path):
    path = tmp_path / "video.mp4"
    path.write_bytes(encode(images, 10))
    part = cut(path, 1.0, 1.5)  # frame 10 begins the second group of 10 pictures
    np.testing.assert_array_equal(decode(part, times(images[10:15], 10)), images[10:15])
    with pytest.raises(DatasetError, match="does not begin with a key frame"):
        cut(path, 1.1, 1.5)
    with pytest.raises(DatasetError, match="holds nothing"):
        cut(path, 3.0, 4.0)


def test_what_is_no_video_is_named(images, tmp_path):
    path = tmp_path / "video.mp4"
    with pytest.raises(DatasetError, match=r"video\.mp4 is missing"):
        decode(path, np.zeros(1))
    path.write_bytes(b"not a video")
    with pytest.raises(DatasetError, match=r"video\.mp4 cannot be read"):
        decode(path, np.zeros(1))
    with pytest.raises(ShapeError, match=r"float64.*shape \(25, 32, 48, 3\)"):
        encode(images.astype(float), 5)
