"""Pictures of a camera, in the size of a model."""

import numpy as np
import pytest

from wm_robot.data.frames import fitted


def test_a_picture_of_the_right_size_stays_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    assert fitted(image, 48, 64) is image


@pytest.mark.parametrize("size", [(480, 640), (640, 480), (10, 7), (1080, 1920)])
def test_every_size_comes_out_as_wanted(size):
    image = np.full((*size, 3), 77, np.uint8)
    out = fitted(image, 64, 64)
    assert out.shape == (64, 64, 3)
    assert out.dtype == np.uint8
    assert (out == 77).all()


def test_what_sticks_out_is_cut_evenly_at_both_sides():
    image = np.zeros((64, 128, 3), np.uint8)
    image[:, 32:96] = 200  # the middle square
    assert (fitted(image, 32, 32) == 200).all()


def test_a_smaller_picture_is_the_mean_of_what_it_covers():
    image = np.zeros((4, 4, 3), np.uint8)
    image[:2, :2] = [[[100], [50]], [[50], [0]]]
    assert fitted(image, 2, 2)[0, 0].tolist() == [50, 50, 50]
