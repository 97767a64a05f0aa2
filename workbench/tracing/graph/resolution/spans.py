"""Edges from spans: events without a resolved cause are linked through the span that produced them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import TableError
from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.columns import EncodedColumn, one_chunk
from workbench.tracing.graph.edges import SPAN, Edges
from workbench.tracing.graph.resolution.targets import WantedPositions, match_positions

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.rows import Rows

SPAN_COLUMNS = ("span_id", "topic", "partition", "offset")


@dataclass(frozen=True, slots=True)
class SpanLinks:
    """Edges between spans and records that are rows of one table, by row numbers."""

    producers: Ints
    """Row of the span that produced the record in ``produced``."""
    produced: Ints
    consumed: Ints
    """Row of the record that the span in ``consumers`` received."""
    consumers: Ints


def linked_edges(nodes: Nodes, unlinked: Flags, links: SpanLinks) -> Edges:
    """Make the edges of spans and records: into a record only where no declared cause of it resolves."""
    cause, effect = nodes.of_row[links.producers], nodes.of_row[links.produced]
    needed = unlinked[effect]
    made = Edges.undeclared(
        np.concatenate([cause[needed], nodes.of_row[links.consumed]]),
        np.concatenate([effect[needed], nodes.of_row[links.consumers]]),
        SPAN,
    )
    pairs = np.stack([made.cause, made.effect])
    return made.pick(np.unique(pairs, axis=1, return_index=True)[1])


def span_edges(rows: Rows, nodes: Nodes, unlinked: Flags, span_causes: pa.Table) -> Edges:
    """Link events to the records that caused what their producing span produced.

    Args:
        rows: The records.
        nodes: Their nodes.
        unlinked: Marks the nodes without a resolved cause; only these are linked.
        span_causes: The records that caused what a span produced: ``span_id``, ``topic``, ``partition``, ``offset``.

    Raises:
        TableError: A column is missing, or the events have no column ``trace``.
    """
    missing = [name for name in SPAN_COLUMNS if name not in span_causes.column_names]
    if missing or "trace" not in rows.names:
        raise TableError(
            f"Span causes need {', '.join(SPAN_COLUMNS)} and events with a trace column; "
            f"missing: {', '.join(missing) or 'trace'}.",
        )
    span = pc.struct_field(rows.column("trace"), "span_id").cast(pa.large_string())
    effects = np.flatnonzero(unlinked)
    spans = EncodedColumn.of(span)
    produced = spans.codes[nodes.row[effects]]
    known = {name: one_chunk(span_causes.column(name)) for name in SPAN_COLUMNS}
    topic = rows.topic.find(known["topic"].cast(pa.large_string()))
    caused = np.where(topic >= 0, spans.find(known["span_id"].cast(pa.large_string())), -1)
    found = np.flatnonzero(caused >= 0)
    by_span = Groups.of(caused[found], len(spans.dictionary), found)
    owner, place = by_span.expand(produced[produced >= 0])
    entry = effects[produced >= 0][owner]
    at = {name: known[name].cast(pa.int64()).to_numpy()[place] for name in ("partition", "offset")}
    wanted = WantedPositions(
        entry=entry, topic=topic[place], cluster=rows.encoded("cluster").codes[nodes.row[entry]], **at
    )
    effect, cause = match_positions(rows, nodes, wanted)
    return Edges.undeclared(cause, effect, SPAN)
