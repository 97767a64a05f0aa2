"""Finds links that are no edges of a graph: from a record to its replays, from an event to the flow that it started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.engine import engine
from workbench.tracing.graph.graph import INNER

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

_POSITION = "^(.*)/([^/]+)/([0-9]{1,9})/([0-9]{1,18})$"
"""How ``x-replay-of`` names a record: cluster, topic, partition, offset."""

# A replay names its record by position, or the event by the id that it had; what it names twice makes one link.
# One join for each way: a join with OR compares each with each.
_REPLAYS = f"""
WITH marks AS (
  SELECT node, replay ->> '$.of' AS of, replay ->> '$.original_event_id' AS id FROM replays),
named AS (
  SELECT node, regexp_extract(of, '{_POSITION}', ['cluster', 'topic', 'part', 'place']) AS place
  FROM marks WHERE regexp_matches(of, '{_POSITION}'))
SELECT r.node AS cause, n.node AS effect FROM named n JOIN records r
  ON r.topic = n.place.topic AND r.partition = CAST(n.place.part AS BIGINT) AND r.offset = CAST(n.place.place AS BIGINT)
  AND (r.cluster = n.place.cluster OR n.place.cluster = 'unknown')
UNION SELECT e.node, m.node FROM marks m JOIN events e ON e.event_id = m.id
UNION SELECT e.node, m.node FROM marks m JOIN events e ON e.event_id = m.of
"""  # noqa: S608 - the pattern is ours

# A correlation id that is the id of an event in another correlation: that event started the flow.
_STARTED = """
SELECT e.node AS cause, h.node AS effect FROM heads h JOIN events e ON e.event_id = h.correlation_id
  AND e.correlation_id IS DISTINCT FROM h.correlation_id
"""


def other_links(graph: CausalGraph) -> tuple[Ints, Ints]:
    """Return causes and effects of the links from replayed events to their replays, and from events to flows.

    The flow that an event started is given by its events without a cause.
    """
    tables = {"events": _columns(graph, "event_id", "correlation_id")}
    statements = [_STARTED]
    tables["heads"] = _columns(graph, "correlation_id").filter(pa.array(graph.root_kind != INNER))
    if (replay := graph.optional("replay")) is not None:
        statements.append(_REPLAYS)
        tables["replays"] = _columns(graph, "replay").filter(replay.is_valid())
        tables["records"] = _records(graph)
    with engine(**tables) as connection:
        found = [connection.execute(statement).fetchnumpy() for statement in statements]
    cause, effect = (np.concatenate([pairs[side] for pairs in found]).astype(np.int32) for side in ("cause", "effect"))
    apart = cause != effect
    return cause[apart], effect[apart]


def _columns(graph: CausalGraph, *names: str) -> pa.Table:
    node = pa.array(np.arange(len(graph), dtype=np.int64))
    return pa.table({"node": node, **{name: graph.column(name) for name in names}})


def _records(graph: CausalGraph) -> pa.Table:
    """Return the position of each record, those of copies, too."""
    names = ("cluster", "topic", "partition", "offset")
    own, copies = _columns(graph, *names), pa.Table.from_pandas(graph.copies[["node", *names]], preserve_index=False)
    return pa.concat_tables([own, copies.cast(own.schema)])
