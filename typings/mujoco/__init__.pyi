# MuJoCo ships no type information for its compiled module.
from typing import Any

def __getattr__(name: str) -> Any: ...
