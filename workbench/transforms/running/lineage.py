"""Puts source records and what a transform made of them side by side, some at a time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.model.lineage import Bytes, LineageLine, LineageOutput, LineagePage, LineageRow
from workbench.store.sql.reserved_words import readable_condition
from workbench.text import partition_text, position_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from workbench.model.lineage import Only
    from workbench.store import SnapshotStore
    from workbench.transforms.running.partition_run import PartitionCounts, PartitionRun, RunError
    from workbench.transforms.running.spool import OutputSpool

HEAD_BYTES = 400
"""Bytes of a key or value that are shown."""
LOOK_ROWS = 20_000
"""Source records that one call looks at; the next page goes on behind them."""
_STEP_ROWS = 500
_FIRST, _LAST = -(2**63), 2**63 - 1
_POSITION = 'source_id, "partition", "offset"'
_COLUMNS = f"""
"offset", key[1:{HEAD_BYTES}] AS key_head, octet_length(key) AS key_size, value[1:{HEAD_BYTES}] AS value_head,
octet_length(value) AS value_size, md5(key) AS key_md5, md5(value) AS value_md5, headers
"""


@dataclass(frozen=True, slots=True)
class LineagePart:
    """One partition of a source, and its run."""

    source_id: int
    run: PartitionRun

    @property
    def counts(self) -> PartitionCounts:
        return self.run.counts


class RunLineage:
    """Reads source records of a run with their outputs; a `workbench.model.lineage.LineageFeed` without the words.

    Args:
        store: The snapshot.
        spool: The outputs.
        parts: The partitions, in the order in which they were run.
        where: The condition that selected the records.
        params: Values of the ``$names`` in it.
    """

    def __init__(
        self,
        store: SnapshotStore,
        spool: OutputSpool,
        parts: Sequence[LineagePart],
        where: str | None,
        params: Mapping[str, Any] | None,
    ) -> None:
        self._store = store
        self._spool = spool
        self.parts = parts
        self._where = where
        self._params = dict(params or {})
        self.found: Mapping[int, int] | Sequence[int] | None = None
        """Offset of each output in a captured view, by its row in the spool: below 0 where it is missing."""

    def page(self, part: int, start: int, rows: int, only: Only) -> LineagePage:
        """Read source records of a partition from an offset on."""
        chosen = self.parts[part]
        kept: list[LineageRow] = []
        looked, step = 0, rows if only == "all" else _STEP_ROWS
        while True:
            sources = self._sources(chosen, start, step)
            for row in self._joined(part, chosen, sources):
                looked += 1
                if _is_wanted(row, only):
                    kept.append(row)
                if len(kept) == rows or looked == LOOK_ROWS:
                    more = row.offset < sources[-1]["offset"] or len(sources) == step
                    return LineagePage(tuple(kept), row.offset + 1 if more else None, looked)
            if len(sources) < step:
                return LineagePage(tuple(kept), None, looked)
            start = sources[-1]["offset"] + 1

    def _sources(self, part: LineagePart, start: int, rows: int) -> list[dict[str, Any]]:
        table = "records"
        if self._where is not None:
            matching = f"SELECT {_POSITION} FROM events WHERE ({readable_condition(self._where)}\n)"  # noqa: S608 - the condition is the user's own
            table = f"(SELECT * FROM records SEMI JOIN ({matching}) USING ({_POSITION}))"  # noqa: S608 - same
        query = (
            f"SELECT {_COLUMNS} FROM {table} WHERE source_id = $wb_source "  # noqa: S608 - same
            f'AND "partition" = $wb_partition AND "offset" >= $wb_start ORDER BY "offset" LIMIT {int(rows)}'
        )
        params = {"wb_source": part.source_id, "wb_partition": part.counts.partition, "wb_start": start}
        with self._store.record_batches(query, self._where, {**self._params, **params}, rows) as batches:
            return [row for batch in batches for row in batch.to_pylist()]

    def _joined(self, number: int, part: LineagePart, sources: list[dict[str, Any]]) -> Iterator[LineageRow]:
        if not sources:
            return
        outputs: dict[int, list[LineageOutput]] = {}
        by_offset = {row["offset"]: row for row in sources}
        for at, row in self._spool.between(number, sources[0]["offset"], sources[-1]["offset"]):
            source = by_offset.get(row["source_offset"])
            if source is not None:
                outputs.setdefault(row["source_offset"], []).append(self._output(at, row, source))
        failures = {error.offset: error for error in part.run.errors}
        for source in sources:
            offset = source["offset"]
            error = failures.get(offset)
            yield LineageRow(
                offset,
                Bytes(source["key_head"], source["key_size"]),
                Bytes(source["value_head"], source["value_size"]),
                len(source["headers"]),
                tuple(outputs.get(offset, ())),
                None if error is None else error.reason,
                error is not None or _came_to(part.counts, failures, offset),
            )

    def _output(self, at: int, row: dict[str, Any], source: dict[str, Any]) -> LineageOutput:
        same = (
            (_md5(row["key"]), _md5(row["value"])) == (source["key_md5"], source["value_md5"])
            and row["headers"] == source["headers"]
        )  # fmt: skip
        found = None if self.found is None else self.found[at]
        return LineageOutput(
            row["topic"],
            head_of(row["key"]),
            head_of(row["value"]),
            len(row["headers"]),
            not same,
            found if found is not None and found >= 0 else None,
            found == MISSING,
        )


MISSING = -1
"""In `RunLineage.found`: the captured view does not have the output."""
NOT_COMPARED = -2
"""In `RunLineage.found`: the output was written to another topic than the view."""


def head_of(data: bytes | None) -> Bytes:
    """Return the begin of a key or value, and its size."""
    return Bytes(None, None) if data is None else Bytes(data[:HEAD_BYTES], len(data))


def log_lines(parts: Iterable[LineagePart]) -> list[LineageLine]:
    """Return the lines of all partitions."""
    return [
        LineageLine(
            partition_text(line.topic, line.partition)
            if line.offset is None
            else position_text(line.topic, line.partition, line.offset),
            line.level,
            line.text,
        )
        for part in parts
        for line in part.run.log.lines
    ]


def _is_wanted(row: LineageRow, only: Only) -> bool:
    if only == "changed":
        return any(one.changed for one in row.outputs)
    if only == "no output":
        return row.read and row.failure is None and not row.outputs
    if only == "failed":
        return row.failure is not None
    return only == "all" or any(one.missing for one in row.outputs)


def _came_to(counts: PartitionCounts, failures: Mapping[int | None, RunError], offset: int) -> bool:
    last = max([-1 if counts.last_offset is None else counts.last_offset, *(at for at in failures if at is not None)])
    return offset <= last


def _md5(data: bytes | None) -> str | None:
    return None if data is None else hashlib.md5(data, usedforsecurity=False).hexdigest()
