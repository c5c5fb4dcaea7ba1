from typing import Any

Box: Any
Capsule: Any
Halfspace: Any
