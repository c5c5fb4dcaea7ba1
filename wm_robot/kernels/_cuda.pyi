from collections.abc import Mapping
from typing import Any

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels import _native

def device_name() -> str: ...
def what_does_not_fit(
    *,
    history: int,
    context: int,
    state: int,
    patches: int,
    patch: int,
    nu: int,
    width: int,
    heads: int,
    head: int,
    hidden: int,
    blocks: int,
    embedding: int,
) -> str | None: ...

class Model:
    def __init__(self, parameters: Mapping[str, FloatArray], *, history: int, blocks: int) -> None: ...

class TokenModel:
    def __init__(
        self,
        parameters: Mapping[str, FloatArray],
        *,
        history: int,
        context: int,
        state: int,
        patches: int,
        patch: int,
        nu: int,
        width: int,
        heads: int,
        head: int,
        hidden: int,
        blocks: int,
        embedding: int,
    ) -> None: ...

class Terms(_native.Terms):
    def __init__(self, model: Model | TokenModel, horizon: int) -> None: ...

class Search:
    def __init__(self, settings: _native.SearchSettings) -> None: ...
    def run(
        self,
        model: Model,
        terms: Terms,
        latents: FloatArray,
        past_actions: FloatArray,
        mean: FloatArray,
        std: FloatArray,
        elites: FloatArray,
        seed: int,
        budget_ns: int,
    ) -> dict[str, Any]: ...

class TokenSearch:
    def __init__(self, settings: _native.SearchSettings) -> None: ...
    def run(
        self,
        model: TokenModel,
        terms: Terms,
        latents: FloatArray,
        past_actions: FloatArray,
        mean: FloatArray,
        std: FloatArray,
        elites: FloatArray,
        seed: int,
        budget_ns: int,
    ) -> dict[str, Any]: ...
