"""The index of ids over event tables in memory, without a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.store.ids.entries import entries_of
from workbench.store.ids.id_file import sorted_entries
from workbench.store.ids.parts import IdParts, IndexedRows

if TYPE_CHECKING:
    import pyarrow as pa


def id_parts(*tables: pa.Table) -> IdParts:
    """Index each table as a part of its own."""
    return IdParts([IndexedRows(sorted_entries(entries_of(table)), table.num_rows) for table in tables])
