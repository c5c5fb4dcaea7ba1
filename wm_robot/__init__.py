"""Model-predictive control for robot arms in a learned latent space.

Importing this package imports nothing heavy: torch, mujoco and pinocchio load with the
subpackage that needs them.
"""

__version__ = "0.1.0"
