"""Sets of pictures that were taken at about the same time."""

import numpy as np
import pytest
from wm_robot_ros.frame_sync import FrameSync

from wm_robot.core.errors import DriverError
from wm_robot.core.types import Frame

MS = 1_000_000
IMAGE = np.zeros((2, 2, 3), np.uint8)


class Camera:
    def __init__(self, name, ms=1000):
        self.name, self.ms = name, ms

    def read(self):
        return Frame(stamp_ns=self.ms * MS, image=IMAGE)


def stamps_ms(frames):
    return {name: frame.stamp_ns // MS for name, frame in frames.items()}


def test_the_set_belongs_to_the_camera_that_is_furthest_behind():
    front, top = Camera("front"), Camera("top")
    sync = FrameSync([front, top], slop_s=0.05)
    for front.ms in (1000, 1040, 1080):
        sync.look()
    top.ms = 1045
    # The newest pictures are of 1080 and 1045; of front, 1040 lies nearest to 1045.
    assert stamps_ms(sync.look()) == {"front": 1040, "top": 1045}
    assert sync.spread_s == pytest.approx(0.005)


def test_a_camera_that_falls_behind_leaves_the_last_good_set():
    front, top = Camera("front"), Camera("top")
    sync = FrameSync([front, top], slop_s=0.05)
    good = sync.look()
    for front.ms in range(1100, 2100, 100):  # more pictures than are remembered
        sync.look()
    assert sync.look() == good


def test_pictures_that_never_were_close_together_are_an_error_that_names_the_cameras():
    sync = FrameSync([Camera("front", 1000), Camera("top", 1500)], slop_s=0.1)
    with pytest.raises(DriverError, match=r"front, top are 0\.500 s apart"):
        sync.look()


def test_a_picture_that_came_late_is_passed_over():
    front = Camera("front", 1000)
    sync = FrameSync([front], slop_s=0.1)
    sync.look()
    front.ms = 900
    assert stamps_ms(sync.look()) == {"front": 1000}


def test_reading_the_first_member_takes_a_new_look_and_the_others_follow():
    front, top = Camera("front"), Camera("top")
    first, second = FrameSync([front, top], slop_s=0.1).members()
    assert first.read().stamp_ns == 1000 * MS
    front.ms = top.ms = 1200
    assert second.read().stamp_ns == 1000 * MS  # of the same look as the first
    assert first.read().stamp_ns == second.read().stamp_ns == 1200 * MS
