"""meta/tasks.parquet: the instructions, by task index."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from wm_robot.core.errors import DatasetError
from wm_robot.data.layout import TASKS
from wm_robot.data.parquet import parquet_bytes, read_table

# Readers load this file as a pandas frame whose index is the column "task".
_PANDAS = {
    "index_columns": ["task"],
    "column_indexes": [
        {
            "name": None,
            "field_name": None,
            "pandas_type": "unicode",
            "numpy_type": "object",
            "metadata": {"encoding": "UTF-8"},
        }
    ],
    "columns": [
        {
            "name": "task_index",
            "field_name": "task_index",
            "pandas_type": "int64",
            "numpy_type": "int64",
            "metadata": None,
        },
        {
            "name": "task",
            "field_name": "task",
            "pandas_type": "unicode",
            "numpy_type": "object",
            "metadata": None,
        },
    ],
    "attributes": {},
    "creator": {"library": "pyarrow", "version": pa.__version__},
    "pandas_version": "2.0.0",
}


def tasks_file(tasks: Sequence[str]) -> bytes:
    """Content of meta/tasks.parquet."""
    schema = pa.schema(
        [("task_index", pa.int64()), ("task", pa.string())], metadata={"pandas": json.dumps(_PANDAS)}
    )
    return parquet_bytes([pa.table({"task_index": range(len(tasks)), "task": list(tasks)}, schema=schema)])


def read_tasks(root: Path) -> tuple[str, ...]:
    """The instructions in the order of their index.

    Raises:
        DatasetError: missing, unreadable, or indices that are not 0 ... N - 1.
    """
    table = read_table(root / TASKS)
    if not {"task_index", "task"} <= set(table.column_names):
        raise DatasetError(f"{root / TASKS} has columns {table.column_names}; valid: task_index, task")
    pairs = sorted(zip(table["task_index"].to_pylist(), table["task"].to_pylist(), strict=True))
    if [index for index, _ in pairs] != list(range(len(pairs))):
        raise DatasetError(f"{root / TASKS}: the task indices are not 0 to {len(pairs) - 1}")
    return tuple(task for _, task in pairs)
