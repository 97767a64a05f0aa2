"""Reads the raw and the decoded rows of segments side by side: both files of one hold the same rows in the same order.

A query finds such pairs by a join, and reads a row group once for each of its partitions and each step of positions.
Here every row group is read once, whatever is taken of it, so that memory does not depend on how many rows there are.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.store.file.layout import EVENTS_LAYOUT, STORED_RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb
    from numpy.typing import NDArray

    Longs: TypeAlias = NDArray[np.int64]
    _Run: TypeAlias = tuple[int, int, NDArray[np.bool_] | None]
    """Rows of one partition: where they begin and end, and which of them are wanted; None for all."""

STEP_BYTES = 8 << 20
"""Raw bytes that are unpacked at once."""
_POSITION = ["source_id", "partition", "offset"]


class PairedRows:
    """Rows of segments at some positions, with columns of their decoded rows.

    Args:
        cursor: Lists the segments.
        folder: Where their files lie.
        positions: Columns ``source_id``, ``partition``, ``offset``, in this order and without repeats.
        columns: Columns of `EVENT`.
    """

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, folder: Path, positions: pa.Table, columns: Sequence[str]
    ) -> None:
        self._folder = folder
        self._positions = positions
        self._columns = list(columns)
        self._offsets: Longs = positions["offset"].to_numpy()
        self._groups = _groups(positions)
        self._found = np.zeros(len(self._offsets), bool)
        self._files = cursor.execute(
            "SELECT records_file, events_file FROM segments WHERE events_layout = ? ORDER BY segment_id",
            [EVENTS_LAYOUT],
        ).fetchall()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows in the order in which they are stored; those of a batch are of one partition and ascend.

        Columns are ``source_id``, those of `RECORD`, and the wanted ones.
        """
        for raw, decoded in self._files:
            # A segment that was packed meanwhile has no files any more: its rows are left for the caller.
            with contextlib.suppress(FileNotFoundError):
                yield from self._of_segment(self._folder / raw, self._folder / decoded)

    @property
    def rest(self) -> pa.Table:
        """The positions that `batches` did not find: packed rows, and those of files of earlier versions."""
        return self._positions.filter(pa.array(~self._found))

    def _of_segment(self, raw: Path, decoded: Path) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(raw) as records, pq.ParquetFile(decoded) as events:
            sizes = [
                [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
                for file in (records, events)
            ]
            if sizes[0] != sizes[1]:
                return
            for number in range(records.num_row_groups):
                runs = self._picked(records.read_row_group(number, _POSITION))
                if runs:
                    yield from self._of_group(records, events.read_row_group(number, self._columns), number, runs)

    def _of_group(
        self, records: pq.ParquetFile, decoded: pa.Table, number: int, runs: Sequence[_Run]
    ) -> Iterator[pa.RecordBatch]:
        group = records.metadata.row_group(number)
        step = max(1, STEP_BYTES * group.num_rows // max(1, group.total_byte_size))
        at = 0
        for raw in records.iter_batches(step, row_groups=[number], columns=STORED_RECORD.names):
            rows = pa.Table.from_batches([raw])
            for name in self._columns:
                rows = rows.append_column(name, decoded[name].slice(at, len(raw)))
            for begin, end, inside in runs:
                first, last = max(begin, at), min(end, at + len(raw))
                if first >= last:
                    continue
                part = rows.slice(first - at, last - first)
                chosen = part if inside is None else part.filter(pa.array(inside[first - begin : last - begin]))
                yield from (batch for batch in chosen.combine_chunks().to_batches() if batch.num_rows)
            at += len(raw)

    def _picked(self, where: pa.Table) -> list[_Run]:
        """Return the runs of rows that hold wanted ones, and note these as found."""
        picked: list[_Run] = []
        offsets = where["offset"].to_numpy()
        for key, begin, end in _runs(where):
            first, last = self._groups.get(key, (0, 0))
            run = offsets[begin:end]
            if first == last or not (run[1:] > run[:-1]).all():
                continue
            low, high = first + np.searchsorted(self._offsets[first:last], [run[0], run[-1] + 1])
            wanted = self._offsets[low:high]
            if not len(wanted) or self._found[low:high].all():
                continue
            inside = np.isin(run, wanted[~self._found[low:high]], assume_unique=True)
            self._found[low + np.searchsorted(wanted, run[inside])] = True
            if inside.any():
                picked.append((begin, end, None if inside.all() else inside))
        return picked


def _groups(positions: pa.Table) -> Mapping[tuple[int, int], tuple[int, int]]:
    """Return where the positions of each partition of a source begin and end."""
    return {key: (begin, end) for key, begin, end in _runs(positions)}


def _runs(rows: pa.Table) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Yield the source and partition of rows that follow one another, and where they begin and end."""
    source, partition = rows["source_id"].to_numpy(), rows["partition"].to_numpy()
    changes = np.flatnonzero((source[1:] != source[:-1]) | (partition[1:] != partition[:-1])) + 1
    edges = [0, *changes.tolist(), len(source)]
    for begin, end in itertools.pairwise(edges):
        if begin < end:
            yield (int(source[begin]), int(partition[begin])), begin, end
