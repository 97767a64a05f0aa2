"""The result of a search: the records that were found, and what was searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from workbench.live.rows import TAIL, detail_of
from workbench.live.search.columns import SEARCHED, records_of
from workbench.live.search.rows import TITLES, shown_rows
from workbench.model.records.columns import DECODED_VALUE, EVENT
from workbench.store.snapshot.frames import to_pandas
from workbench.store.snapshot.row_queries import EVENT_EXTRAS
from workbench.store.transfer.exporting import EXPORTED
from workbench.text import (
    counted,
    element,
    listing,
    output_html,
    table,
    text_table,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from workbench.bus.partitioner_detection import PartitionerVerdict
    from workbench.live.search.progress import PartitionSearch
    from workbench.model import Isolation, Record
    from workbench.model.causation import EventPosition
    from workbench.model.feeds import RecordDetail
    from workbench.tracing.trace import Trace
    from workbench.widgets import CausationGraph

_SHOWN = 10
_SHOWN_NOTES = 8
_RAW = ("timestamp_ms", "timestamp_type", "key", "value", "headers")
_FIRST = ("topic", "partition", "offset", "timestamp")
_EVENTS = tuple(name for name in EVENT.names if name != DECODED_VALUE)
_FRAME = (*_FIRST, *(name for name in SEARCHED.names if name not in (*_FIRST, *_RAW)), *_RAW)


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What a search looked for, and where.

    Attributes:
        query: The conditions, in words.
        cluster_id: Id of the cluster, as it reports it.
        cluster: Name of the cluster.
        isolation: Isolation level of the reads.
        topic_ids: The topics, each with its own UUID; None where the broker gives none.
    """

    query: str
    cluster_id: str
    cluster: str
    isolation: Isolation
    topic_ids: Mapping[str, str | None] = field(default_factory=dict)


class SearchResult:
    """The records that a search found. Iterating gives them as records, so `Snapshot.replay` takes it as a selection.

    Attributes:
        table: The records as Arrow rows: the raw columns, and all that decoding found.
        scope: What was looked for, and where.
        partitions: How far the search got in each partition.
        state: ``complete``: every record of the window was searched. ``incomplete``: the end was reached, but some
            offsets or topics could not be read. ``stopped``: it ended before.
        reason: Why it is not complete; empty if it is.
        notes: Remarks about bounds, open transactions and the partitions of a key.
        partitioners: Of a search by key: what the data says of the partitioner of each topic.
    """

    def __init__(
        self,
        table: pa.Table,
        scope: SearchScope,
        partitions: tuple[PartitionSearch, ...],
        *,
        state: Literal["complete", "incomplete", "stopped"],
        reason: str = "",
        notes: tuple[str, ...] = (),
        partitioners: Mapping[str, PartitionerVerdict] | None = None,
        viewer: Callable[..., CausationGraph] | None = None,
    ) -> None:
        self.table = table
        self.scope = scope
        self.partitions = partitions
        self.state = state
        self.reason = reason
        self.notes = notes
        self.partitioners = dict(partitioners or {})
        self._viewer = viewer

    @property
    def complete(self) -> bool:
        """Whether every record of the window was searched."""
        return self.state == "complete"

    @property
    def ended(self) -> str:
        """How the search ended, in a sentence: ``complete`` or ``stopped because …``."""
        searched = sum(one.scanned for one in self.partitions)
        what = f"{counted(searched, 'record')} in {counted(len(self.partitions), 'partition')} searched"
        if self.state == "complete":
            return f"complete: {what}"
        word = "stopped because" if self.state == "stopped" else "not complete:"
        return f"{word} {self.reason}; {what}"

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The records as a frame, with the provenance of the search in ``.attrs["provenance"]``."""
        found = to_pandas(self.table.select(list(_FRAME)))
        found.attrs["provenance"] = self.provenance()
        found.attrs["ended"] = self.ended
        found.attrs["notes"] = list(self.notes)
        return found

    def provenance(self) -> list[dict[str, Any]]:
        """Return what was searched: a row for each partition."""
        scope = self.scope
        same = {
            "query": scope.query,
            "cluster_id": scope.cluster_id,
            "cluster": scope.cluster,
            "isolation": scope.isolation,
            "state": self.state,
            "reason": self.reason or None,
        }
        return [{**one.row(), **same} for one in self.partitions]

    def trace(
        self, *, correlation_id: str | None = None, event_id: str | None = None, trace_id: str | None = None
    ) -> Trace:
        """Return the causal graph of the records that were found, or a part of it.

        Args:
            correlation_id: Only this correlation.
            event_id: Only this event and its relatives.
            trace_id: Only this trace id.

        Raises:
            UnknownEventError: No such event was found.
            TypeError: More than one argument was given.
        """
        from workbench.tracing.graph import build_graph
        from workbench.tracing.trace import Trace

        viewer = None if self._viewer is None else partial(self._viewer, record=self._record_detail)
        whole = Trace(build_graph(self._events(), self._runs(), provenance=str(self.scope.query)), viewer=viewer)
        if correlation_id is None and event_id is None and trace_id is None:
            return whole
        return whole.select(correlation_id=correlation_id, event_id=event_id, trace_id=trace_id)

    def exported(self) -> pa.Table:
        """Return the raw records with their identity, in the columns of an exported file."""
        scope, rows = self.scope, len(self)
        same = {"cluster_id": scope.cluster_id, "cluster": scope.cluster, "isolation": scope.isolation}
        ids = [scope.topic_ids.get(topic) for topic in self.table["topic"].to_pylist()]
        columns = {name: pa.array([text] * rows, pa.string()) for name, text in same.items()}
        columns["topic_id"] = pa.array(ids, pa.string())
        given = {name: self.table[name] for name in EXPORTED.names if name in self.table.column_names}
        return pa.table([{**given, **columns}[name] for name in EXPORTED.names], schema=EXPORTED)

    def _source_ids(self) -> pa.Array:
        return pc.index_in(self.table["topic"], pa.array(sorted(self.scope.topic_ids), pa.string())).combine_chunks()

    def _events(self) -> pa.Table:
        scope, rows = self.scope, len(self)
        columns = {
            "source_id": self._source_ids(),
            "cluster_id": pa.array([scope.cluster_id] * rows, pa.string()),
            "cluster": pa.array([scope.cluster] * rows, pa.string()),
        }
        found = {name: columns[name] if name in columns else self.table[name] for name in (*_EVENTS, *EVENT_EXTRAS)}
        return pa.table({**found, "value": self.table["value"]})

    def _runs(self) -> pa.Table:
        """Return the ranges of consecutive offsets that were found: nothing is known of what lies between them."""
        ids, partitions, offsets = self._source_ids(), self.table["partition"], self.table["offset"]
        ends = pc.add(offsets, pa.scalar(1, pa.int64()))
        return pa.table([ids, partitions, offsets, ends], names=["source_id", "partition", "from", "next"])

    def _record_detail(self, position: EventPosition) -> RecordDetail | None:
        wanted = [("partition", position.partition), ("offset", position.offset)]
        mask = pc.equal(self._source_ids(), position.source_id)
        for name, value in wanted:
            mask = pc.and_(mask, pc.equal(self.table[name], value))
        rows = self.table.filter(mask)
        return detail_of(rows.select(list(TAIL.names))) if rows.num_rows else None

    def __iter__(self) -> Iterator[Record]:
        return iter(records_of(self.table))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def _remarks(self) -> list[str]:
        undecoded = sum(one.undecoded for one in self.partitions)
        more = len(self) - _SHOWN
        shown = [visible(note, 300) for note in self.notes[:_SHOWN_NOTES]]
        return [
            *([counted(more, "more record")] if more > 0 else []),
            *([f"{counted(undecoded, 'value')} could not be decoded"] if undecoded else []),
            *shown,
            *([counted(left, "more note")] if (left := len(self.notes) - _SHOWN_NOTES) > 0 else []),
        ]

    def _heading(self) -> str:
        return f"{counted(len(self), 'record')} found, {visible(self.scope.query, 200)}. {visible(self.ended, 400)}"

    def __repr__(self) -> str:
        rows = [text_table(TITLES, shown_rows(self.table, _SHOWN))] if len(self) else []
        return "\n".join([self._heading(), *rows, *self._remarks()])

    def _repr_html_(self) -> str:
        rows = [table(TITLES, shown_rows(self.table, _SHOWN))] if len(self) else []
        return output_html(element("p", self._heading()), *rows, listing(self._remarks()))
