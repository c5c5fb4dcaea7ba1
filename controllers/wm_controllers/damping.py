"""The damper that fits a spring and a mass."""

import numpy as np
from scipy.linalg import eigh

from wm_robot.core.arrays import FloatArray


def modal_damping(M: FloatArray, K: FloatArray, ratio: float) -> FloatArray:
    """D (n, n), symmetric and positive definite, that damps every mode of M ẍ + D ẋ + K x = 0 alike.

        K U = M U diag(ω²),  Uᵀ M U = I   ⇒   D = 2 ζ M U diag(ω) Uᵀ M

    Args:
        M: inertia (n, n), symmetric and positive definite.
        K: stiffness (n, n), symmetric and positive definite.
        ratio: ζ; 1 is critical: the fastest return without overshoot.

    Source: Albu-Schäffer et al. 2003, "Cartesian impedance control of redundant robots", double
    diagonalisation.
    """
    squares, U = eigh(K, M)
    MU = M @ U
    return 2.0 * ratio * (MU * np.sqrt(squares)) @ MU.T
