"""The definition of a transformer predictor's rollouts, in float64 numpy, written to be read.

Every step runs every frame again: what the other backends keep from step to step, this one has no notion of.
"""

from collections.abc import Sequence

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.query import Query
from wm_robot.kernels.reference import ExactBackend, float64, gelu, layer_norm, linear
from wm_robot.kernels.token_predictor import TokenPredictor


class TokenReferenceBackend(ExactBackend[TokenPredictor]):
    """Backend of float64 accuracy for a TokenPredictor; slow."""

    def __init__(self, predictor: TokenPredictor) -> None:
        self.predictor = predictor
        self._weights = float64(predictor.parameters)

    def _rollout(self, query: Query) -> FloatArray:
        T, K = self.predictor.history, query.samples
        z = np.repeat(query.latents[None].astype(np.float64), K, axis=0)  # (K, T, L), grows
        past = np.repeat(query.past_actions[None].astype(np.float64), K, axis=0)
        a = np.concatenate([past, query.actions], axis=1)  # (K, T-1+H, nu)
        for t in range(query.horizon):
            z = np.concatenate([z, self._step(z, a[:, : t + T])[:, None]], axis=1)
        return z[:, T:]

    def _step(self, z: FloatArray, a: FloatArray) -> FloatArray:
        """Next latent (K, L) from frames z (K, F, L) and actions a (K, F, nu); see TokenPredictor."""
        p, w = self.predictor, self._weights
        K, F, _ = z.shape
        patches = z[..., p.state :].reshape(K, F, p.patches, p.patch)
        rows = [linear(w, "in", patches)]
        if p.state:
            rows.insert(0, linear(w, "state", z[..., None, : p.state]))
        if not p.embedding:
            rows.insert(0, linear(w, "action", a[..., None, :]))
        h = np.concatenate(rows, axis=2)  # (K, F, N, W)
        for i in range(p.blocks):
            shift, scale, gate, shift2, scale2, gate2 = self._modulation(i, a)
            y = layer_norm(h) * (1 + scale) + shift
            h = h + gate * linear(w, f"blocks.{i}.attention", self._attention(i, y))
            y = layer_norm(h) * (1 + scale2) + shift2
            h = h + gate2 * linear(w, f"blocks.{i}.down", gelu(linear(w, f"blocks.{i}.up", y)))
        x = linear(w, "out", layer_norm(h[:, -1, -p.patches :])).reshape(K, -1)  # the newest frame's
        if not p.state:
            return x
        return np.concatenate([z[:, -1, : p.state] + a[:, -1] @ w["motion.weight"].T, x], axis=1)

    def _modulation(self, block: int, a: FloatArray) -> Sequence[FloatArray | float]:
        if not self.predictor.embedding:
            return 0.0, 0.0, 1.0, 0.0, 0.0, 1.0
        w = self._weights
        c = linear(w, "action.2", gelu(linear(w, "action.0", a)))  # (K, F, E)
        return np.split(linear(w, f"blocks.{block}.modulation", c)[..., None, :], 6, axis=-1)

    def _attention(self, block: int, y: FloatArray) -> FloatArray:
        """What each row of y (K, F, N, W) reads from the rows it sees, (K, F, N, heads d)."""
        p = self.predictor
        K, F, N, _ = y.shape
        q, k, v = (
            part.reshape(K, F, N, p.heads, p.head)
            for part in np.split(linear(self._weights, f"blocks.{block}.qkv", y), 3, axis=-1)
        )
        q, k = self._turned(q), self._turned(k)
        scores = np.einsum("kfnhd,kgmhd->khfngm", q, k) / np.sqrt(p.head)
        age = np.arange(F)[:, None] - np.arange(F)  # of frame g as frame f sees it
        seen = (age >= 0) & (age < p.context)
        scores = np.where(seen[:, None, :, None], scores, -np.inf)
        weights = np.exp(scores - scores.max(axis=(-2, -1), keepdims=True))
        weights /= weights.sum(axis=(-2, -1), keepdims=True)
        return np.einsum("khfngm,kgmhd->kfnhd", weights, v).reshape(K, F, N, -1)

    def _turned(self, x: FloatArray) -> FloatArray:
        """x (K, F, N, heads, d) with each plane turned by its frame's and its row's angle."""
        w = self._weights
        frames = np.arange(x.shape[1])[:, None, None]
        angle = (frames * w["rotary.time"] + w["rotary.place"])[:, :, None]  # (F, N, 1, d/2)
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = np.empty_like(x)
        turned[..., 0::2] = even * np.cos(angle) - odd * np.sin(angle)
        turned[..., 1::2] = even * np.sin(angle) + odd * np.cos(angle)
        return turned
