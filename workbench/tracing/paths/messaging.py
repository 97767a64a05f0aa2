"""Latency of messaging between spans: from the end of a producer to the start of its consumer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.text import counted
from workbench.tracing.answers import Answer, micros_text
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph


@dataclass(frozen=True, eq=False, repr=False)
class MessagingLatency(Answer):
    """How long messages took from one span to the next."""

    frame: pd.DataFrame
    """producer, consumer, latency_us: the start of the consumer less the end of the producer; negative values stay."""

    @property
    def negative(self) -> int:
        """Consumers that began before their producer ended: an early start, or clocks that differ."""
        return int((self.frame["latency_us"] < 0).sum())

    def text(self) -> str:
        """Write the percentiles, and how many are negative."""
        found = [self.frame["latency_us"].quantile(share) for share in (0.5, 0.95, 0.99)]
        shown = ", ".join(f"{name} {micros_text(one)}" for name, one in zip(("p50", "p95", "p99"), found, strict=True))
        return f"messaging latency: {counted(len(self.frame), 'message')}, {shown}, {self.negative:,} negative"


def messaging_latency(graph: CausalGraph) -> MessagingLatency:
    """Measure each pair of a producer span and a consumer span that it caused, as parent or by a link."""
    used, kind = graph.used_edges, graph.optional("span_kind")
    started, ended = graph.micros("started"), graph.micros("ended")
    chosen = np.zeros(len(used), dtype=np.bool_)
    if kind is not None:
        producer, consumer = (flags(pc.equal(kind, name)) for name in ("producer", "consumer"))
        chosen = producer[used.cause] & consumer[used.effect]
    chosen &= (ended[used.cause] != NO_TIME) & (started[used.effect] != NO_TIME)
    cause, effect = used.cause[chosen], used.effect[chosen]
    keys = graph.column("key")
    return MessagingLatency(
        pd.DataFrame(
            {
                "producer": keys.take(pa.array(cause)).to_pandas(),
                "consumer": keys.take(pa.array(effect)).to_pandas(),
                "latency_us": started[effect] - ended[cause],
            },
        ),
    )
