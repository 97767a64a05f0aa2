"""Reads spans or events from a frame or an Arrow table in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from workbench.errors import TableError
from workbench.tracing.spans.tabular import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.tracing.spans.columns import SpanFile


def read_frame(source: Any, columns: Mapping[str, str] | None = None) -> SpanFile:
    """Read a pandas frame, an Arrow table, or anything that gives Arrow data by ``__arrow_c_stream__``, such as Polars.

    Raises:
        TableError: It is no table, or its columns are not known.
    """
    if isinstance(source, pd.DataFrame):
        try:
            return read_table(pa.Table.from_pandas(source, preserve_index=False), columns)
        except (ValueError, pa.ArrowTypeError) as error:
            raise TableError(f"The frame cannot be read as columns of one type each: {error}") from error
    if isinstance(source, pa.Table):
        return read_table(source, columns)
    if hasattr(source, "__arrow_c_stream__"):
        return read_table(pa.table(source), columns)
    raise TableError(f"A {type(source).__name__} is no table. Pass a path, a pandas frame or an Arrow table.")
