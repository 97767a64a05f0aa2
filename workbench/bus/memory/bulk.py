"""Appends Arrow columns to a topic, without a Python object per record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.bus.memory.cluster.topics import Refusal
from workbench.bus.memory.storage.batches import BATCH_HEADER_BYTES, HEADER_BYTES, RECORD_BYTES
from workbench.errors import PublishError, TableError
from workbench.model.records.columns import HEADERS, RECORD
from workbench.model.records.record import TimestampType
from workbench.text import counted, size_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.bus.memory.cluster.cluster import Cluster
    from workbench.bus.memory.cluster.topics import Limits, Topic
    from workbench.bus.placement import Placement

_COLUMNS = frozenset({"partition", "timestamp_ms", "key", "value", "headers"})


def append(
    cluster: Cluster,
    topic: Topic,
    records: pa.RecordBatch,
    placement: Placement,
) -> dict[int, tuple[int, int]]:
    """Append columns ``timestamp_ms, key, value, headers, partition`` (all but value may be missing), all or nothing.

    Returns:
        For each partition written to, its first new offset and one past the last.

    Raises:
        TableError: A column is missing, unknown or of another type.
        PublishError: The topic refuses a record or has no such partition; nothing was written.
    """
    columns = _columns(topic, records)
    now_ms = time.time_ns() // 1_000_000
    _check(topic.limits, columns, now_ms)
    if topic.limits.append_time:
        columns["timestamp_ms"] = _constant(now_ms, len(records), pa.int64())
    kind = TimestampType.APPEND if topic.limits.append_time else TimestampType.CREATE
    kinds = _constant(int(kind), len(records), pa.int8())
    ordered = [columns["timestamp_ms"], kinds, columns["key"], columns["value"], columns["headers"]]
    placed = _placed(topic, columns, placement)
    written: dict[int, tuple[int, int]] = {}
    for number in np.unique(placed).tolist():
        rows = np.flatnonzero(placed == number)
        taken = ordered if len(rows) == len(placed) else [column.take(pa.array(rows)) for column in ordered]
        base = cluster.append_columns(topic.partitions[number], taken)
        written[number] = (base, base + len(rows))
    return written


def _columns(topic: Topic, records: pa.RecordBatch) -> dict[str, pa.Array]:
    names = set(records.schema.names)
    unknown = sorted(names - _COLUMNS)
    if unknown or "value" not in names:
        raise TableError(
            f"Nothing was appended to {topic.name}: columns are {', '.join(sorted(_COLUMNS))}, and value must be "
            f"among them; given were {', '.join(records.schema.names)}.",
            columns=unknown or ["value"],
        )
    count = records.num_rows
    given = {name: records.column(name) for name in records.schema.names}
    now = _constant(time.time_ns() // 1_000_000, count, pa.int64())
    try:
        return {
            "value": given["value"].cast(pa.binary()),
            "key": given["key"].cast(pa.binary()) if "key" in given else pa.nulls(count, pa.binary()),
            "timestamp_ms": pc.coalesce(given["timestamp_ms"].cast(pa.int64()), now)
            if "timestamp_ms" in given
            else now,
            "headers": given["headers"].cast(HEADERS) if "headers" in given else _no_headers(count),
            "partition": given["partition"].cast(pa.int32()) if "partition" in given else pa.nulls(count, pa.int32()),
        }
    except pa.ArrowException as error:
        raise TableError(
            f"Nothing was appended to {topic.name}: a column has another type than {RECORD.to_string()} ({error}).",
            columns=sorted(names),
        ) from error


def _constant(value: int, count: int, kind: pa.DataType) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), count)


def _no_headers(count: int) -> pa.Array:
    empty = pa.array([], HEADERS.value_type)
    return pa.ListArray.from_arrays(pa.array(np.zeros(count + 1, np.int32)), empty)


def _check(limits: Limits, columns: Mapping[str, pa.Array], now_ms: int) -> None:
    refusal = _size_refusal(limits, columns) or _time_refusal(limits, columns["timestamp_ms"], now_ms)
    if limits.keyed and columns["key"].null_count:
        refusal = Refusal("INVALID_RECORD", "a compacted topic accepts no record without a key")
    if refusal is not None:
        raise PublishError(f"Nothing was appended: {refusal.why}.", cause_code=refusal.code)


def _size_refusal(limits: Limits, columns: Mapping[str, pa.Array]) -> Refusal | None:
    sizes = np.full(len(columns["value"]), BATCH_HEADER_BYTES + RECORD_BYTES, np.int64)
    for name in ("key", "value"):
        sizes += pc.binary_length(columns[name]).fill_null(0).to_numpy(zero_copy_only=False)
    pairs = columns["headers"].flatten()
    if len(pairs):
        of_pair = np.full(len(pairs), HEADER_BYTES, np.int64)
        for field in ("name", "value"):
            of_pair += pc.binary_length(pc.struct_field(pairs, field)).fill_null(0).to_numpy(zero_copy_only=False)
        total = np.concatenate([[0], np.cumsum(of_pair)])
        counts = pc.list_value_length(columns["headers"]).fill_null(0).to_numpy(zero_copy_only=False)
        ends = np.cumsum(counts)
        sizes += total[ends] - total[ends - counts]
    largest = int(sizes.max(initial=0))
    if largest <= limits.max_message_bytes:
        return None
    return Refusal(
        "MESSAGE_TOO_LARGE",
        f"a record of {size_text(largest)} is over max.message.bytes={limits.max_message_bytes}",
    )


def _time_refusal(limits: Limits, times: pa.Array, now_ms: int) -> Refusal | None:
    timestamps_ms = times.to_numpy()
    if limits.append_time or not len(timestamps_ms):
        return None
    known = timestamps_ms[timestamps_ms != -1]
    low, high = known.min(initial=now_ms), known.max(initial=now_ms)
    if low >= 0 and high - now_ms <= limits.after_max_ms and now_ms - low <= limits.before_max_ms:
        return None
    return Refusal("INVALID_TIMESTAMP", f"timestamps from {low} to {high} are outside what the topic accepts")


def _placed(
    topic: Topic, columns: Mapping[str, pa.Array], placement: Placement
) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    wanted = columns["partition"]
    count = len(topic.partitions)
    if wanted.null_count:
        chosen = placement.of_column(topic.name, columns["key"], count)
        wanted = pc.coalesce(wanted, pa.array(chosen))
    placed: np.ndarray[tuple[int], np.dtype[np.int32]] = wanted.to_numpy()
    if len(placed) and (placed.min() < 0 or placed.max() >= count):
        raise PublishError(
            f"Nothing was appended: {topic.name} has {counted(count, 'partition')}, numbered from 0.",
            topic=topic.name,
            cause_code="UNKNOWN_TOPIC_OR_PARTITION",
        )
    return placed
