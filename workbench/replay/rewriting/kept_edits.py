"""The edits of a selection as a table: a JSON patch, or why there is none, for each record that is edited."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.ascending import ascends
from workbench.buffers.mapped import batches_of, mapped_array, mapped_table, taken_rows, taken_table
from workbench.buffers.packed_text import packed_text, unpacked_batches
from workbench.errors import ConfigurationError
from workbench.replay.record_positions import POSITION, position_keys
from workbench.replay.rewriting.header_patches import is_header_path
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BODY, HEADERS = 1, 2
"""What a patch edits; both is their sum."""
EDITED = pa.schema(
    [
        pa.field("source_id", pa.int32(), nullable=False),
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("part", pa.int8(), nullable=False),
        pa.field("patch", pa.string()),
        pa.field("problem", pa.string()),
    ]
)
_STEP_ROWS = 1 << 16


class Edits:
    """The edits of a draft, by position.

    Args:
        table: Columns of `EDITED`, each position once.
    """

    def __init__(self, table: pa.Table) -> None:
        columns = [table[name].to_numpy() for name in POSITION]
        self.table = table if ascends(*columns) else taken_table(table, np.lexsort(columns[::-1]))

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch]) -> Edits:
        """Keep batches of `EDITED`; many are mapped from a file."""
        return cls(mapped_table(batches, EDITED))

    def __len__(self) -> int:
        """Return the number of records that have a patch."""
        return len(self.table) - int(self.table["patch"].null_count)

    @property
    def any(self) -> bool:
        """Whether a record is edited, or could not be."""
        return bool(self.table.num_rows)

    @cached_property
    def _keys(self) -> np.ndarray[Any, Any]:
        starts = range(0, max(1, self.table.num_rows), _STEP_ROWS)
        return mapped_array(position_keys(self.table.slice(start, _STEP_ROWS)) for start in starts)

    def found(self, records: pa.RecordBatch | pa.Table) -> tuple[pa.Array, pa.Array]:
        """Return the patch, as JSON text, and the problem of each of some records; null where it has none."""
        found = self._taken(position_keys(records), ["patch", "problem"])
        return _one(found["patch"]), _one(found["problem"])

    def _taken(self, wanted: np.ndarray[Any, Any], names: list[str]) -> pa.Table:
        """Return columns at some positions, null where a position is not edited."""
        rows, hits = self._rows(wanted)
        return taken_rows(self.table.select(names), rows, ~hits)

    def _rows(self, wanted: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        if not self.table.num_rows:
            return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
        rows = np.minimum(np.searchsorted(self._keys, wanted), self.table.num_rows - 1)
        return rows, self._keys[rows] == wanted

    def joined(self, other: Edits) -> Edits:
        """Return these edits and others; one may edit the body of a record, and another its headers.

        Raises:
            ConfigurationError: The body or the headers of a record would be edited twice.
        """
        if not other.any or not self.any:
            return self if self.any else other
        return Edits.of(self._joined(other))

    def _joined(self, other: Edits) -> Iterable[pa.RecordBatch]:
        for batch in batches_of(self.table):
            more = other._taken(position_keys(batch), EDITED.names).combine_chunks()
            _check_once(batch, more)
            both = pc.binary_join_element_wise(
                pc.utf8_slice_codeunits(batch["patch"], 0, -1), pc.utf8_slice_codeunits(_one(more["patch"]), 1), ","
            )
            columns = {
                "part": pc.add(batch["part"], pc.fill_null(_one(more["part"]), 0)),
                "patch": pc.coalesce(both, batch["patch"], _one(more["patch"])),
                "problem": pc.coalesce(_one(more["problem"]), batch["problem"]),
            }
            yield pa.RecordBatch.from_arrays([columns.get(name, batch[name]) for name in EDITED.names], schema=EDITED)
        for batch in batches_of(other.table):
            yield batch.filter(pa.array(~self._rows(position_keys(batch))[1]))

    def digest(self) -> str:
        """Return the SHA-256 of all edits in the order of positions, as hex digits."""
        found = hashlib.sha256()
        for batch in batches_of(self.table):
            rows = zip(*(batch[name].to_pylist() for name in (*POSITION, "patch", "problem")), strict=True)
            for source, partition, offset, patch, problem in rows:
                found.update(f"[{source},{partition},{offset},{patch or 'null'},{json.dumps(problem)}]\n".encode())
        return found.hexdigest()

    def to_json(self) -> dict[str, Any] | None:
        """Return the edits as the journal keeps them: packed, as they may be many; None where there are none."""
        if not self.any:
            return None
        return {"records": self.table.num_rows, "arrow": packed_text(self.table)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Edits:
        """Read what `to_json` wrote."""
        return cls.of(unpacked_batches(value["arrow"]))


NO_EDITS = Edits(EDITED.empty_table())


def edited_batch(positions: pa.RecordBatch, patches: Sequence[Any], problems: Sequence[str | None]) -> pa.RecordBatch:
    """Return a batch of `EDITED` with the records that have a patch or a problem.

    Args:
        positions: The columns `POSITION` of some records.
        patches: The operations of each; nothing for none.
        problems: Why a record could not be edited.
    """
    # ASCII: a text may hold what UTF-8 cannot, such as half of a surrogate pair.
    texts = pa.array([json.dumps(patch, separators=(",", ":")) if patch else None for patch in patches], pa.string())
    parts = pa.array([sum(_parts(patch or ())) for patch in patches], pa.int8())
    columns = [*(positions[name] for name in POSITION), parts, texts, pa.array(problems, pa.string())]
    batch = pa.RecordBatch.from_arrays(columns, schema=EDITED)
    return batch.filter(pc.or_(pc.is_valid(batch["patch"]), pc.is_valid(batch["problem"])))


def _parts(patch: Sequence[Mapping[str, Any]]) -> set[int]:
    return {HEADERS if is_header_path(one["path"]) else BODY for one in patch}


def _check_once(batch: pa.RecordBatch, more: pa.Table) -> None:
    twice = pc.fill_null(pc.greater(pc.bit_wise_and(batch["part"], _one(more["part"])), 0), False)
    count = pc.sum(twice).as_py() or 0
    if count:
        row = pc.index(twice, True).as_py()
        _, partition, offset = (batch[name][row].as_py() for name in POSITION)
        raise ConfigurationError(
            f"{counted(count, 'record')} would be edited a second time, such as offset {offset} of partition "
            f"{partition}. Edit the original selection once, with all changes.",
        )


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()
