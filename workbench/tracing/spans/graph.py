"""Builds one graph of spans, alone or with the records of a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.text import counted, visible
from workbench.tracing.graph import build_graph
from workbench.tracing.spans.events import span_events
from workbench.tracing.spans.joining import join_rows, span_causes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.spans.columns import SpanFile
    from workbench.tracing.spans.events import Moment


def spans_graph(
    files: Sequence[tuple[str, SpanFile]],
    *,
    at: Moment = "start",
    records: pa.Table | None = None,
    ranges: pa.Table | None = None,
    records_only: bool = False,
) -> CausalGraph:
    """Build the graph of the spans of some files, and of records if there are any.

    Args:
        files: Names and contents.
        at: Which end of its interval places a span in time.
        records: The events of a whole snapshot, as `workbench.tracing.graph.build_graph` takes them.
        ranges: What was captured of them.
        records_only: Spans are no events of the graph; they only link records.
    """
    first = 0 if records is None or not records.num_rows else records.column("source_id").to_numpy().max() + 1
    events = [
        span_events(file.spans, name, at=at, source_id=int(first) + place) for place, (name, file) in enumerate(files)
    ]
    spans = pa.concat_tables([file.spans for _, file in files]).combine_chunks()
    said = " · ".join(_sentence(name, file) for name, file in files)
    if records is None:
        return build_graph(pa.concat_tables(events), provenance=said)
    if records_only:
        return build_graph(records, ranges, span_causes=span_causes(spans, records), provenance=said)
    joined = pa.concat_tables([records, *events], promote_options="permissive").combine_chunks()
    return build_graph(joined, ranges, span_links=join_rows(spans, records), provenance=f"records, {said}")


def _sentence(name: str, file: SpanFile) -> str:
    notes = f" ({' '.join(file.notes)})" if file.notes else ""
    return f"{visible(name, 80)}: {file.format}, {counted(file.spans.num_rows, 'span')}{notes}"
