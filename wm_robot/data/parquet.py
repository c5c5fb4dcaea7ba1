"""Parquet files: rows to bytes and back, with errors that name the file."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wm_robot.core.errors import DatasetError


def parquet_bytes(groups: Sequence[pa.Table]) -> bytes:
    """A Parquet file with the rows of `groups`, each a row group of its own."""
    sink = pa.BufferOutputStream()
    # Dictionaries would be larger than these small groups, and take twice as long to write.
    with pq.ParquetWriter(sink, groups[0].schema, compression="snappy", use_dictionary=False) as writer:
        for group in groups:
            writer.write_table(group, row_group_size=max(group.num_rows, 1))
    return sink.getvalue().to_pybytes()


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of `path`.

    Raises:
        DatasetError: missing, or no whole Parquet file (a writer that died leaves no footer).
    """
    try:
        with pq.ParquetFile(path) as file:
            return file.read(columns=list(columns) if columns is not None else None)
    except FileNotFoundError as error:
        raise DatasetError(f"{path} is missing") from error
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{path} is no whole Parquet file: {error}") from error


def read_rows(path: Path, first: int, count: int) -> pa.Table:
    """The rows of `path` whose column "index" is `first` to `first + count - 1`.

    Only the row groups that hold them are read. The table is shorter when the file lacks some.

    Raises:
        DatasetError: missing, no whole Parquet file, or without the column "index".
    """
    try:
        with pq.ParquetFile(path) as file:
            if "index" not in file.schema_arrow.names:
                raise DatasetError(f"{path} lacks the column 'index'")
            # "index" is a scalar column, so its position among the stored columns has its own name.
            column = next(c for c in range(len(file.schema)) if file.schema.column(c).path == "index")
            groups = []
            for group in range(file.num_row_groups):
                bounds = file.metadata.row_group(group).column(column).statistics
                if bounds is None or not bounds.has_min_max or (bounds.max >= first > bounds.min - count):
                    groups.append(group)
            table = file.read_row_groups(groups)
            index = table["index"].to_numpy()
            return table.filter((index >= first) & (index < first + count))
    except FileNotFoundError as error:
        raise DatasetError(f"{path} is missing") from error
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{path} is no whole Parquet file: {error}") from error
