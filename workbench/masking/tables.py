"""Masks tables that hold records of several topics, such as those of an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.records.columns import RECORD

if TYPE_CHECKING:
    from workbench.masking.policy import MaskingPolicy
    from workbench.model.events.decoding import ValueDecoder


def masked_table(table: pa.Table, policy: MaskingPolicy, decoder: ValueDecoder) -> pa.Table:
    """Return the rows masked, those of one topic after the other.

    Args:
        table: Columns of `RECORD` and ``topic``, perhaps others.
        policy: What is masked.
        decoder: Decodes values that are no JSON.
    """
    parts = []
    for topic in pc.unique(table["topic"]).to_pylist():
        rows = table.filter(pc.equal(table["topic"], topic))
        parts.append(rows if policy.of_topic(topic) is None else _masked(rows, topic, policy, decoder))
    return pa.concat_tables(parts) if parts else table


def _masked(rows: pa.Table, topic: str, policy: MaskingPolicy, decoder: ValueDecoder) -> pa.Table:
    mask = policy.of_topic(topic)
    if mask is None:
        return rows
    made = pa.Table.from_batches(
        [mask.masked(batch, decoder, topic) for batch in rows.select(RECORD.names).cast(RECORD).to_batches()],
        RECORD,
    )
    for name in ("key", "value", "headers"):
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, rows.schema.field(at), made[name].cast(rows.schema.field(at).type))
    return rows
