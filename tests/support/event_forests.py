"""Tables of many random events: forests with joins, and the same with everything that goes wrong in real ones."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from decoded_events import EVENT_TABLE


def forest(count: int, *, joins: float = 0.1, roots: float = 0.02, reach: int = 2_000) -> pa.Table:
    """Random events: a cause among the ``reach`` before, a second one for some, none for roots."""
    random = np.random.default_rng(1)
    digits = pa.py_buffer(random.bytes(16 * count).hex().encode())
    names = pa.StringArray.from_buffers(count, pa.py_buffer(np.arange(0, 32 * count + 1, 32, dtype=np.int32)), digits)
    place = np.arange(count)
    is_root = random.random(count) < roots
    is_root[0] = True
    is_join = (random.random(count) < joins) & ~is_root
    first, second = (np.maximum(place - random.integers(1, reach, count), 0) for _ in range(2))
    starts = np.concatenate([[0], np.cumsum(np.where(is_root, 0, 1 + is_join))])
    flat = np.empty(starts[-1], dtype=np.int64)
    flat[starts[:-1][~is_root]] = first[~is_root]
    flat[starts[:-1][is_join] + 1] = second[is_join]
    cause = EVENT_TABLE.field("causes").type.value_type
    entries = pa.StructArray.from_arrays(
        [
            pa.repeat("event_id", len(flat)),
            names.take(pa.array(flat)),
            pa.repeat("metadata.causation_id", len(flat)),
            pa.array(np.zeros(len(flat), dtype=np.int32)),
        ],
        fields=list(cause),
    )
    stamp = np.sort(random.integers(1_700_000_000_000, 1_700_000_000_000 + count, count))
    given = {
        "event_id": names,
        "offset": pa.array(place),
        "partition": pa.array((place % 6).astype(np.int32)),
        "causes": pa.ListArray.from_arrays(pa.array(starts.astype(np.int32)), entries),
        "cause_state": pa.array(["declared", "root"]).take(pa.array(is_root.astype(np.int8))),
        "event_time": pa.array(stamp * 1000, pa.timestamp("us")),
        "timestamp_ms": pa.array(stamp),
        "correlation_id": names.take(pa.array(place // 20 * 20)),
        "event_type": pa.array([f"type.{n}" for n in range(28)]).take(pa.array(random.integers(0, 28, count))),
        "source": pa.array([f"service-{n}" for n in range(10)]).take(pa.array(random.integers(0, 10, count))),
        "topic": pa.array([f"topic-{n}" for n in range(8)]).take(pa.array(random.integers(0, 8, count))),
        "id_scope": pa.repeat("global", count),
        "convention": pa.repeat("contract", count),
        "cluster": pa.repeat("cluster-a", count),
    }
    return pa.table({f.name: given[f.name] if f.name in given else _empty(f, count) for f in EVENT_TABLE})


def _empty(field: pa.Field, count: int) -> pa.Array:
    if field.nullable:
        return pa.nulls(count, field.type)
    if pa.types.is_list(field.type):
        nothing = pa.array([], field.type.value_type)
        return pa.ListArray.from_arrays(pa.array(np.zeros(count + 1, dtype=np.int32)), nothing)
    return pa.array(np.zeros(count), field.type)


def mixed(count: int) -> pa.Table:
    """Events of several conventions: ids of three lengths, missing causes, copies, cycles, events without an id."""
    table = forest(count)
    place, random = np.arange(count), np.random.default_rng(2)
    ids, length = table.column("event_id").combine_chunks(), pa.array(place % 3)
    names = pc.if_else(
        pc.equal(length, 0),
        ids,
        pc.if_else(
            pc.equal(length, 1),
            pc.binary_join_element_wise("urn:uuid", ids, ids, ":"),
            pa.array(place).cast(pa.string()),
        ),
    )
    known = np.append(random.permutation(count)[: count // 200], np.arange(2))
    # A copy has the id of an event before it, and one event in a hundred has none.
    of = place.copy()
    of[known] = np.maximum(known - 1, 0)
    names = pc.if_else(pa.array(random.random(count) < 0.01), pa.scalar(None, pa.string()), names.take(pa.array(of)))
    causes = table.column("causes").combine_chunks()
    old = causes.flatten()
    codes = pc.index_in(old.field("value"), value_set=ids).to_numpy().astype(np.int64)
    # Some causes name their own effect as their first cause: the two are a cycle.
    starts, effect = causes.offsets.to_numpy(), np.repeat(place, np.diff(causes.offsets.to_numpy()))
    turned = np.flatnonzero(random.random(len(codes)) < 0.001)
    turned = turned[starts[codes[turned]] < starts[codes[turned] + 1]]
    codes[starts[codes[turned]]] = effect[turned]
    values = names.take(pa.array(codes)).fill_null("nobody")
    values = pc.if_else(pa.array(random.random(len(codes)) < 0.01), pa.scalar("nobody-has-this"), values)
    entries = pa.StructArray.from_arrays(
        [old.field("target"), values, old.field("via"), old.field("rank")], fields=list(old.type)
    )
    lists = pa.ListArray.from_arrays(causes.offsets, entries)
    topics = pc.if_else(pa.array(of != place), pa.scalar("topic-9"), table.column("topic").combine_chunks())
    table = table.set_column(table.column_names.index("topic"), "topic", topics)
    table = table.set_column(table.column_names.index("event_id"), "event_id", names)
    return table.set_column(table.column_names.index("causes"), table.schema.field("causes"), lists)
