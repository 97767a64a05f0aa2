"""The result of transforming captured records: outputs, the record that each came from, errors, and the log."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.store.snapshot.frames import to_pandas
from workbench.text import (
    counted,
    counts_text,
    element,
    listing,
    number_text,
    output_html,
    position_text,
    preformatted,
    table,
    text_table,
    visible,
    visible_bytes,
)
from workbench.transforms.running.lineage_feed import LineageView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self

    import pandas as pd

    from workbench.transforms.guest.logs import LogLine
    from workbench.transforms.running.lineage import RunLineage
    from workbench.transforms.running.partition_run import PartitionCounts, RunError
    from workbench.transforms.running.spool import OutputSpool
    from workbench.transforms.spec import TransformSpec
    from workbench.widgets import LineagePanel

_SHOWN_ROWS = 10
_SHOWN_ERRORS = 5
_SHOWN_LINES = 10
_CELL = 60
_ROW_TITLES = ("source", "topic", "key", "value", "headers")
_PARTITIONS = pa.schema(
    [
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("records", pa.int64()),
        ("outputs", pa.int64()),
        ("skipped", pa.int64()),
        ("last_offset", pa.int64()),
        ("state", pa.string()),
        ("reason", pa.string()),
    ]
)
_ERRORS = pa.schema(
    [("topic", pa.string()), ("partition", pa.int32()), ("offset", pa.int64()), ("reason", pa.string())]
)
_LOG = pa.schema(
    [
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("level", pa.string()),
        ("text", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was run over what, and how far it came."""

    digest: str
    specs: Sequence[TransformSpec]
    counts: Sequence[PartitionCounts]
    errors: Sequence[RunError]
    log: Sequence[LogLine]
    dropped_lines: int
    ranges: pa.Table
    """The captured offset ranges of the topics that were read."""
    limit: int | None
    registry_off: bool
    """Whether the module asks a schema registry, and was given no schemas."""


class TransformResult:
    """Outputs of a transform over captured records.

    The outputs are in a temporary file, which is given back when this object is closed or forgotten. ``batches`` reads
    them some at a time, ``frame`` and ``table`` all together.
    """

    def __init__(self, spool: OutputSpool, facts: RunFacts, lineage: RunLineage) -> None:
        self._spool = spool
        self.viewer: Callable[..., LineagePanel] | None = None
        """Makes the panel of `show`."""
        self._facts = facts
        self.lineage = lineage
        """Reads source records with their outputs, some at a time."""
        # Of the lineage, because a panel may live longer than the result that it was made from.
        self._close = weakref.finalize(lineage, spool.close)

    @property
    def name(self) -> str:
        """Name of the transform."""
        return self._facts.specs[0].name

    @property
    def digest(self) -> str:
        """SHA-256 of the module."""
        return self._facts.digest

    @property
    def counts(self) -> dict[str, int]:
        """Records that were transformed, records that were written, records that were skipped, and errors."""
        counts = self._facts.counts
        return {
            "records": sum(one.records for one in counts),
            "outputs": sum(one.outputs for one in counts),
            "skipped": sum(one.skipped for one in counts),
            "errors": len(self._facts.errors),
        }

    @property
    def complete(self) -> bool:
        """Whether every selected record was transformed: no partition was stopped, no record skipped, no limit met."""
        return not self._facts.errors and not self._limited and all(one.finished for one in self._facts.counts)

    @property
    def frame(self) -> pd.DataFrame:
        """The outputs: topic, key, value, headers, timestamp_ms, and the position of the record each was made of.

        A broker would stamp them with the time of appending; here they have the time of their source record.
        """
        return self._framed(self.table())

    def head(self, rows: int = _SHOWN_ROWS) -> pd.DataFrame:
        """Return the first outputs as a frame; only these are read."""
        return self._framed(self.table(rows))

    def table(self, rows: int | None = None) -> pa.Table:
        """Return the outputs, or the first of them, as an Arrow table."""
        return self._spool.table(rows)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the outputs as Arrow record batches, for those that do not fit into memory."""
        return self._spool.batches()

    @property
    def partitions(self) -> pd.DataFrame:
        """One row for each partition: records, outputs, skipped, last offset, ``complete`` or ``stopped`` and why."""
        rows = [self._partition_row(one) for one in self._facts.counts]
        return to_pandas(pa.Table.from_pylist(rows, schema=_PARTITIONS), provenance=self._facts.ranges)

    @property
    def errors(self) -> pd.DataFrame:
        """One row for each failure: the record at work, and the reason."""
        return to_pandas(pa.Table.from_pylist(self.error_rows(), schema=_ERRORS))

    @property
    def logs(self) -> pd.DataFrame:
        """Lines that the module wrote, with the record at work; ``.attrs["dropped"]`` counts those not kept."""
        frame = to_pandas(pa.Table.from_pylist(self.log_rows(), schema=_LOG))
        frame.attrs["dropped"] = self._facts.dropped_lines
        return frame

    @property
    def provenance(self) -> pd.DataFrame:
        """The captured offset ranges that were read: cluster, topic, partition, offsets, gaps, isolation, state."""
        return to_pandas(self._facts.ranges)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the outputs as plain values."""
        for batch in self.batches():
            yield from batch.to_pylist()

    def error_rows(self) -> list[dict[str, Any]]:
        """Return the rows of `errors` as plain values."""
        return [{name: getattr(one, name) for name in _ERRORS.names} for one in self._facts.errors]

    def log_rows(self) -> list[dict[str, Any]]:
        """Return the rows of `logs` as plain values."""
        return [{name: getattr(one, name) for name in _LOG.names} for one in self._facts.log]

    def show(self, at: str | None = None) -> LineagePanel:
        """Show source records side by side with what was made of each, and the log, in a panel.

        Args:
            at: Position of a source record, ``topic/partition@offset``, from which on they are shown; by default the
                first one.

        Raises:
            ValidationError: Nothing was read of that partition.
        """
        return LineageView(self.name, self.remarks, self.lineage, self._facts.dropped_lines).show(self.viewer, at)

    @property
    def remarks(self) -> list[str]:
        """Where it read from, whether it is complete, and the first failures."""
        return [self._title(), *self._remarks()]

    def close(self) -> None:
        """Give the temporary file back; harmless when repeated."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        rows = self._shown_rows()
        parts = [self._title(), *self._remarks()]
        parts += [text_table(_ROW_TITLES, rows)] if rows else []
        return "\n".join([*parts, *map(_line_text, self._last_lines())])

    def _repr_html_(self) -> str:
        rows, lines = self._shown_rows(), self._last_lines()
        return output_html(
            element("h4", self._title()),
            listing(self._remarks()),
            table(_ROW_TITLES, rows, caption=f"First {counted(len(rows), 'output')}") if rows else None,
            preformatted("\n".join(map(_line_text, lines))) if lines else None,
        )

    @property
    def _limited(self) -> bool:
        return self._facts.limit is not None and self.counts["records"] + self.counts["skipped"] >= self._facts.limit

    def _framed(self, outputs: pa.Table) -> pd.DataFrame:
        frame = to_pandas(outputs, provenance=self._facts.ranges)
        frame.attrs["transform"] = {"name": self.name, "sha256": self.digest, **self.counts, "complete": self.complete}
        return frame

    def _partition_row(self, one: PartitionCounts) -> dict[str, Any]:
        row = {name: getattr(one, name) for name in ("topic", "partition", "records", "outputs", "skipped")}
        failed = [error for error in self._facts.errors if (error.topic, error.partition) == (one.topic, one.partition)]
        reason = None if one.finished else failed[-1].reason if failed else "the run was interrupted"
        state = "complete" if one.finished else "stopped"
        return {**row, "last_offset": one.last_offset, "state": state, "reason": reason}

    def _title(self) -> str:
        counts = self.counts
        return (
            f"Transform {visible(self.name, 80)}: {counted(counts['records'], 'record')} read, "
            f"{counted(counts['outputs'], 'record')} written"
        )

    def _remarks(self) -> list[str]:
        facts = self._facts
        topics = ", ".join(visible(spec.input_topic, 60) for spec in facts.specs)
        remarks = [
            f"from {topics} ({counted(len(facts.counts), 'partition')}), module {self.digest[:12]}",
            "complete" if self.complete else f"not complete: {self._why_not()}",
        ]
        remarks += [
            f"{_error_place(one)}: {one.reason}" + "".join(f" | {_line_text(line)}" for line in one.last_lines[-1:])
            for one in facts.errors[:_SHOWN_ERRORS]
        ]
        if facts.registry_off:
            remarks.append("it asks the schema registry, which was off: give schemas=")
        more = len(facts.errors) - _SHOWN_ERRORS
        return [*remarks, f"{counted(more, 'more error')} in .errors"] if more > 0 else remarks

    def _why_not(self) -> str:
        stopped = sum(not one.finished for one in self._facts.counts)
        reasons = counts_text({"partitions stopped": stopped, "records skipped": self.counts["skipped"]})
        limit = f"stopped at the limit of {counted(self._facts.limit, 'record')}" if self._limited else ""
        return ", ".join(filter(None, (reasons, limit)))

    def _shown_rows(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(_source(row), _CELL),
                visible(row["topic"], _CELL),
                visible_bytes(row["key"], _CELL),
                visible_bytes(row["value"], _CELL),
                number_text(len(row["headers"])),
            )
            for row in self.table(_SHOWN_ROWS).to_pylist()
        ]

    def _last_lines(self) -> list[LogLine]:
        return list(self._facts.log)[-_SHOWN_LINES:]


def _source(row: dict[str, Any]) -> str:
    offset = row["source_offset"]
    where = row["source_topic"], row["source_partition"]
    return position_text(*where, offset) if offset is not None else f"{row['source_topic']}, no record at work"


def _error_place(error: RunError) -> str:
    if error.offset is None:
        return f"{visible(error.topic, 80)} partition {error.partition}, before its first record"
    return visible(position_text(error.topic, error.partition, error.offset), 120)


def _line_text(line: LogLine) -> str:
    return f"{line.level}: {visible(line.text, 200)}"
