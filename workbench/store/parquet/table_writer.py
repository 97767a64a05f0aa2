"""Writes tables to a Parquet file, as Arrow's own writer does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.store.parquet.row_groups import RowGroups

if TYPE_CHECKING:
    from collections.abc import Collection


class TableWriter:
    """Writes row groups to an open file.

    Whole numbers and times are packed differences, texts have a dictionary while it is small. Statistics, filters and
    compression are for the columns that want them: for the others they cost more than they ever save.

    Args:
        file: An open file, at its beginning.
        schema: Of the tables: numbers, times, flags, texts and bytes, structs of these, and lists of either.
        plain: Paths of texts that get no dictionary, because few are equal.
        compressed: Paths of long texts; each page is compressed by ZSTD.
        ranged: Paths whose lowest and highest value the file tells.
        filtered: Paths of texts that get a Bloom filter.
        level: Of ZSTD.
    """

    def __init__(
        self,
        file: pa.NativeFile,
        schema: pa.Schema,
        *,
        plain: Collection[str] = (),
        compressed: Collection[str] = (),
        ranged: Collection[str] = (),
        filtered: Collection[str] = (),
        level: int = 1,
    ) -> None:
        self.is_open = True
        self._file = file
        self._groups = RowGroups(
            schema,
            plain=set(plain),
            compressed=set(compressed),
            ranged=set(ranged),
            filtered=set(filtered),
            codec=pa.Codec("zstd", compression_level=level),
        )
        file.write(self._groups.begin())

    def write_table(self, table: pa.Table, row_group_size: int) -> None:
        """Append a table, in row groups of so many rows.

        Raises:
            ValueError: The table has another schema.
        """
        for begin in range(0, table.num_rows, row_group_size):
            self._file.write(self._groups.group(table.slice(begin, row_group_size)))

    def close(self) -> None:
        """Write the footer, without which the file cannot be read; the file stays open."""
        if self.is_open:
            self._file.write(self._groups.end())
