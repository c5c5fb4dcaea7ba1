# The Python side of pinocchio is generated at run time.
from typing import Any

def __getattr__(name: str) -> Any: ...
