"""Converts Arrow tables to pandas with dtypes that depend on the Arrow types only, not on the values.

| Arrow | pandas |
|---|---|
| string, dictionary of strings | ``str`` |
| integers, decimals without fraction that fit | ``Int64`` (narrower ones keep their width) |
| other decimals, floats | ``Float64``, ``Float32`` |
| bool | ``boolean`` |
| timestamps | ``datetime64[us, UTC]``: times of a snapshot are UTC |
| binary, lists, structs, dates | ``object`` |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")
_INT64_BOUNDS = (-(2**63), 2**63 - 1)

_NULLABLE: Mapping[pa.DataType, Any] = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.float32(): pd.Float32Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.string(): pd.StringDtype(na_value=float("nan")),
    pa.large_string(): pd.StringDtype(na_value=float("nan")),
}


def to_pandas(table: pa.Table, *, provenance: pa.Table | None = None) -> pd.DataFrame:
    """Convert a table; ``provenance`` becomes a list of rows in ``.attrs["provenance"]``."""
    columns = [_normalised(column) for column in table.columns]
    frame: pd.DataFrame = pa.table(columns, names=table.column_names).to_pandas(
        types_mapper=_NULLABLE.get,
        timestamp_as_object=False,
    )
    if provenance is not None:
        frame.attrs["provenance"] = provenance.to_pylist()
    return frame


def _normalised(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", tz=kind.tz), safe=False).cast(UTC_MICROSECONDS)
    if pa.types.is_decimal(kind):
        return _number(column)
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    return column


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Convert a 128-bit integer, which DuckDB returns for sums, to 64 bits if all values fit."""
    if column.type.scale == 0:
        bounds = pc.min_max(column).as_py()
        if bounds["min"] is None or (bounds["min"] >= _INT64_BOUNDS[0] and bounds["max"] <= _INT64_BOUNDS[1]):
            return column.cast(pa.int64())
        return column
    return column.cast(pa.float64())
