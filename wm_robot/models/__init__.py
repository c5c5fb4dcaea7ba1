"""Learning: encoders, the action-conditioned predictor, the training objective, checkpoints."""
