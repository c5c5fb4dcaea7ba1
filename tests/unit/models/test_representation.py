"""The parts of the objective and of the monitor, on data whose answer is known."""

import numpy as np
import pytest
import torch

from wm_robot.core.errors import DatasetError
from wm_robot.models.augmentation import ColorLuts
from wm_robot.models.images import encoder_planes
from wm_robot.models.readouts import effective_rank, ridge, slow_feature_map
from wm_robot.models.sigreg import sigreg
from wm_robot.models.temporal_distance import expectile_loss


def test_sigreg_tells_a_gaussian_from_collapse_and_from_another_scale():
    generator = torch.Generator().manual_seed(0)
    normal = torch.randn(512, 8, generator=generator)
    good = float(sigreg(normal, 64, generator))
    # Of order 1 for the distribution it asks for; a constant has |φ − exp(−t²/2)|² of order 0.1
    # over a range of order 1, times N = 512.
    assert good < 3
    assert float(sigreg(torch.zeros(512, 8), 64, generator)) > 50
    assert float(sigreg(3 * normal, 64, generator)) > 10 * good


def test_the_expectile_loss_is_least_at_the_expectile():
    # Targets 0 and 1, equally often. The τ-expectile e solves τ (1 − e) = (1 − τ) e, so e = τ.
    targets = torch.tensor([0.0, 1.0])
    guesses = torch.linspace(0, 1, 101)
    losses = torch.stack([expectile_loss(targets - guess, 0.3) for guess in guesses])
    assert float(guesses[losses.argmin()]) == pytest.approx(0.3)


def test_map_0_keeps_an_image_bit_for_bit_and_the_others_repaint_it():
    luts = ColorLuts(maps=4, strength=1.0, generator=np.random.default_rng(0))
    images = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (2, 6, 8, 8), dtype=np.uint8))
    painted = luts.paint(images, np.array([0, 2]))
    assert torch.equal(painted[0], images[0])
    assert not torch.equal(painted[1], images[1])


def test_equal_colours_stay_equal_after_repainting_in_both_cameras():
    luts = ColorLuts(maps=4, strength=1.0, generator=np.random.default_rng(0))
    color = torch.tensor([200, 30, 40], dtype=torch.uint8).repeat(2)[None, :, None, None]
    painted = luts.paint(color.expand(1, 6, 8, 8), np.array([3]))
    assert torch.equal(painted[:, :3], painted[:, 3:])
    assert len(painted[0, 0].unique()) == 1


@pytest.fixture
def square():
    """A grey square before black, seen by two cameras (1, 6, 16, 16), reaching from pixel 4 to 11."""
    image = torch.zeros(1, 6, 16, 16, dtype=torch.uint8)
    image[:, :, 4:12, 4:12] = 100
    return image


def test_edges_lie_where_the_outline_lies(square):
    planes = encoder_planes(square)
    assert planes.shape == (1, 10, 16, 16)
    assert torch.allclose(planes[:, :6], square / 127.5 - 1)
    across, down = planes[0, 6], planes[0, 7]
    assert across[:, 3][4:12].min() > 0
    assert across[:, 11][4:12].min() > 0
    assert float(across.sum()) == pytest.approx(float(across[4:12, [3, 11]].sum()))
    assert torch.allclose(down, across.T)


def test_edges_do_not_change_with_exposure_and_paint(square):
    edges = encoder_planes(square)[:, 6:]
    darker = encoder_planes(square // 2)[:, 6:]
    blue = square.clone()
    blue[:, [0, 1, 3, 4]] = 0
    assert torch.allclose(darker, edges, rtol=0.1)
    assert torch.equal(encoder_planes(blue)[:, 6:], edges)


def test_an_empty_image_has_no_edges():
    assert not encoder_planes(torch.full((1, 6, 16, 16), 77, dtype=torch.uint8))[:, 6:].any()


def test_windows_never_cross_an_episode_boundary(frames):
    index, start, end = frames.windows(500, 5, np.random.default_rng(0))
    assert (index // 12 == index[:, :1] // 12).all()
    assert (start == index[:, 0] // 12 * 12).all()
    assert (end == start + 12).all()
    # 12 − 5 + 1 = 8 windows in each of 6 episodes: all 48 turn up among 500 draws.
    assert len(np.unique(index[:, 0])) == 48


def test_a_window_longer_than_every_episode_is_refused(frames):
    with pytest.raises(DatasetError, match="12 frames, but a window needs 13"):
        frames.windows(4, 13, np.random.default_rng(0))


def test_effective_rank_counts_the_directions_that_vary():
    z = torch.randn(4000, 6, generator=torch.Generator().manual_seed(0))
    z[:, 3:] = 0
    assert effective_rank(z) == pytest.approx(3.0, abs=0.05)


def test_ridge_recovers_a_linear_map():
    x = torch.randn(2000, 3, generator=torch.Generator().manual_seed(0))
    true = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
    weight, bias = ridge(x, x @ true.T + torch.tensor([4.0, -1.0]))
    torch.testing.assert_close(weight, true, atol=5e-3, rtol=0)
    torch.testing.assert_close(bias, torch.tensor([4.0, -1.0]), atol=5e-3, rtol=0)


def test_the_slow_feature_map_weighs_the_slow_direction_more():
    # Two independent unit-variance AR(1) processes x' = ρ x + …; Var(x' − x) = 2 (1 − ρ), so with
    # power 1 the squared lengths of their directions are as 1 / 0.02 to 1 / 1.0 (ρ = 0.99, 0.5).
    generator = np.random.default_rng(0)
    rho = np.array([0.99, 0.5])
    x = generator.normal(size=(200_000, 2))
    following = rho * x + np.sqrt(1 - rho**2) * generator.normal(size=x.shape)
    a = slow_feature_map(torch.from_numpy(x), torch.from_numpy(following), power=1.0)
    slow, fast = (a**2).sum(axis=0)
    assert slow / fast == pytest.approx(50.0, rel=0.05)
