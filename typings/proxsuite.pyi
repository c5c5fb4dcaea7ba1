from typing import Any

proxqp: Any
