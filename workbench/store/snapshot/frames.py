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

from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")
_INT64_BOUNDS = (-(2**63), 2**63 - 1)


@cache
def _nullable() -> Mapping[pa.DataType, Any]:
    # Imported with the first frame: a command that prints rows starts without pandas.
    import pandas as pd

    text = pd.StringDtype(na_value=float("nan"))
    return {
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
        pa.string(): text,
        pa.large_string(): text,
    }


def to_pandas(table: pa.Table, *, provenance: pa.Table | None = None) -> pd.DataFrame:
    """Convert a table; ``provenance`` becomes a list of rows in ``.attrs["provenance"]``."""
    frame: pd.DataFrame = normalised(table).to_pandas(types_mapper=_nullable().get, timestamp_as_object=False)
    if provenance is not None:
        frame.attrs["provenance"] = provenance.to_pylist()
    return frame


def normalised(table: pa.Table) -> pa.Table:
    """Convert times to UTC in microseconds, decimals to numbers of 64 bits and dictionaries to their values."""
    return pa.table([_normalised(column) for column in table.columns], names=table.column_names)


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
        import pyarrow.compute as pc

        bounds = pc.min_max(column).as_py()
        if bounds["min"] is None or (bounds["min"] >= _INT64_BOUNDS[0] and bounds["max"] <= _INT64_BOUNDS[1]):
            return column.cast(pa.int64())
        return column
    return column.cast(pa.float64())
