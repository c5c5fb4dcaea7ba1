"""Data tables: the numeric columns of the frames, one Parquet row group an episode."""

import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wm_robot.core.errors import DatasetError
from wm_robot.data.features import INDEX_FEATURES, Feature


def frames_schema(features: Mapping[str, Feature]) -> pa.Schema:
    """Arrow schema of the columns, with the description that Hugging Face readers look for."""
    fields, described = [], {}
    for key, feature in features.items():
        if feature.is_video:
            continue
        if feature.is_image or len(feature.shape) > 1:
            raise DatasetError(
                f"{key}: {feature.dtype} of shape {feature.shape} cannot be written as a column"
            )
        value_type = pa.string() if feature.dtype == "string" else pa.from_numpy_dtype(feature.dtype)
        value: dict[str, object] = {"dtype": feature.dtype, "_type": "Value"}
        length = feature.shape[0] if feature.shape else 1
        if length == 1:
            fields.append(pa.field(key, value_type))
            described[key] = value
        else:
            fields.append(pa.field(key, pa.list_(value_type, length)))
            described[key] = {"feature": value, "length": length, "_type": "List"}
    metadata = {"huggingface": json.dumps({"info": {"features": described}})}
    return pa.schema(fields, metadata=metadata)


def frames_table(columns: Mapping[str, NDArray], schema: pa.Schema) -> pa.Table:
    """Rows of one episode; `columns` hold (T,) or (T, n) for every field of `schema`.

    The format stores vectors of one entry as scalars.
    """
    arrays = []
    for field in schema:
        values = columns[field.name]
        if pa.types.is_fixed_size_list(field.type):
            flat = pa.array(values.ravel(), field.type.value_type)
            arrays.append(pa.FixedSizeListArray.from_arrays(flat, type=field.type))
        else:
            arrays.append(pa.array(values.reshape(len(values)), field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def column_values(table: pa.Table, key: str, feature: Feature) -> NDArray:
    """Column `key` as (T, *shape); the index columns, such as "timestamp", as (T,).

    Raises:
        DatasetError: no such column, empty cells, or another number of values than the feature says.
    """
    if key not in table.column_names:
        raise DatasetError(f"the data table lacks the column {key!r}")
    column = table[key].combine_chunks()
    length = len(column)
    if not feature.is_numeric:
        return np.array(column.to_pylist(), dtype=object)
    while not column.null_count and (
        isinstance(column, pa.ExtensionArray) or pa.types.is_nested(column.type)
    ):
        column = column.storage if isinstance(column, pa.ExtensionArray) else column.flatten()
    if column.null_count:
        raise DatasetError(f"column {key!r} has empty cells")
    shape = (length,) if key in INDEX_FEATURES else (length, *feature.shape)
    values = column.to_numpy(zero_copy_only=False)
    if values.size != int(np.prod(shape)):
        raise DatasetError(f"column {key!r} holds {values.size} values in {length} rows, expected {shape}")
    return values.astype(feature.dtype, copy=False).reshape(shape)
