from collections.abc import Mapping
from typing import Any

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels import _native

def device_name() -> str: ...

class Model:
    def __init__(self, parameters: Mapping[str, FloatArray], *, history: int, blocks: int) -> None: ...

class Terms(_native.Terms):
    def __init__(self, model: Model, horizon: int) -> None: ...

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
