"""Puts the raw bytes of masked records in the place of what masking left of them, for a replay that sends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.replay.record_positions import position_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class RawBodies:
    """Selected records with the raw bytes of those that have them.

    Attributes:
        table: The records; key, value and headers of some are raw.
        rows: Which.
    """

    table: pa.Table
    rows: NDArray[np.bool_]


def with_raw_bodies(table: pa.Table, raw: pa.Table | None) -> RawBodies:
    """Return the records with their raw bytes.

    Args:
        table: The selected records.
        raw: Columns of their position, and key, value and headers; None where nothing is kept.
    """
    if raw is None or not raw.num_rows:
        return RawBodies(table, np.zeros(table.num_rows, np.bool_))
    wanted, offered = position_keys(table), position_keys(raw)
    order = np.argsort(offered)
    found = np.minimum(np.searchsorted(offered, wanted, sorter=order), len(offered) - 1)
    rows = offered[order[found]] == wanted
    places = pa.array(np.where(rows, table.num_rows + order[found], np.arange(table.num_rows)))
    for name in ("key", "value", "headers"):
        at = table.schema.get_field_index(name)
        field = table.schema.field(at)
        both = pa.chunked_array([*table[name].chunks, *raw[name].cast(field.type).chunks], field.type)
        table = table.set_column(at, field, both.take(places))
    return RawBodies(table, rows)
