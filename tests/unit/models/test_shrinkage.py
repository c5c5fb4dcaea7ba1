"""How much of a predicted change is believed, with a predictor whose error is known."""

import pytest
import torch

from wm_robot.models.shrinkage import shrink_predictions
from wm_robot.models.world_model import WorldModel


@pytest.fixture
def model(model_config):
    """A model that predicts a visual change of 0 and no change of the proprioception."""
    return WorldModel(model_config)


@pytest.mark.parametrize(("predicted", "believed"), [(0.5, 1.0), (1.25, 0.4), (0.25, 1.0), (-0.5, 0.0)])
def test_the_fraction_that_errs_least_is_believed(model, latents, predicted, believed):
    with torch.no_grad():
        model.predictor.out.bias[:16] = predicted
    assert shrink_predictions(model, latents, horizon=3, seed=0) == pytest.approx(believed)
    assert torch.allclose(model.predictor.out.bias[:16], torch.tensor(believed * predicted))


def test_the_predicted_proprioception_is_left_alone(model, latents):
    with torch.no_grad():
        model.predictor.out.bias[:16] = 1.25
        model.predictor.out.bias[16:] = 0.3
    shrink_predictions(model, latents, horizon=3, seed=0)
    assert torch.allclose(model.predictor.out.bias[16:], torch.tensor(0.3))
