"""Makes the rows of a live tail: the columns, from records to rows, and the text of each cell."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.decoding.formats.json import JSON, behind_prefix
from workbench.model.feeds import Column, Identity, RecordDetail, Row
from workbench.model.records.columns import RECORD, UNTIMED_RECORD
from workbench.model.records.record import TimestampType
from workbench.text import counted, size_text, time_text, visible, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.records.chunk import Chunk

BODY_LIMIT = 200_000
"""Characters of a value in the detail of a record."""

DECODED = pa.schema(
    [
        pa.field("event_type", pa.string()),
        pa.field("event_id", pa.string()),
        pa.field("correlation_id", pa.string()),
        pa.field("source", pa.string()),
        pa.field("convention", pa.string()),
        pa.field("format", pa.string()),
        pa.field("damage", pa.string()),
        pa.field("raw_reason", pa.string()),
        pa.field("decoded", pa.string()),
        pa.field("decoded_key", pa.string()),
        pa.field("problems", pa.list_(pa.string())),
    ],
)
TAIL = pa.schema([pa.field("topic", pa.string(), nullable=False), *UNTIMED_RECORD, *DECODED])
"""Columns that a filter can name: the record's, and what decoding found. Times and headers may be unknown."""

COLUMNS = (
    Column("time", "Time (UTC)", 190),
    Column("topic", "Topic", 150, ends=True),
    Column("partition", "Part.", 50, numeric=True),
    Column("offset", "Offset", 76, numeric=True),
    Column("event_type", "Type", 140, ends=True),
    Column("key", "Key", 110),
    Column("value", "Value", 320, grow=True),
    Column("correlation_id", "Correlation", 130),
    Column("event_id", "Event", 130, hidden=True),
    Column("source", "Source", 130, hidden=True, ends=True),
)
RAW_COLUMNS = tuple(column for column in COLUMNS if column.name not in DECODED.names)
"""Without a decoder there is nothing to say about type and correlation."""


def sort_key(column: str) -> str:
    """Name the column of ``TAIL`` by which a column of the view is sorted."""
    return "timestamp_ms" if column == "time" else column


def tail_batch(chunks: Sequence[Chunk], decoder: BulkDecoder | None) -> pa.RecordBatch:
    """Join the chunks of one read to a batch of ``TAIL``, owning its memory.

    Rows are merged by record time; inside a partition the order of offsets stays, whatever the times say.
    """
    by_topic: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        if chunk.records.num_rows:
            by_topic.setdefault(chunk.topic, []).append(chunk)
    if not by_topic:
        return pa.RecordBatch.from_pylist([], schema=TAIL)
    parts = [_topic_batch(topic, pieces, decoder) for topic, pieces in by_topic.items()]
    rising = [np.maximum.accumulate(_times(chunk)) for pieces in by_topic.values() for chunk in pieces]
    order = np.argsort(np.concatenate(rising), kind="stable")
    joined = pa.Table.from_batches(parts, TAIL).combine_chunks().to_batches()[0]
    return joined.take(pa.array(order))


def _times(chunk: Chunk) -> np.ndarray[Any, np.dtype[np.int64]]:
    times = chunk.records["timestamp_ms"].fill_null(TimestampType.NONE)
    return np.asarray(times.to_numpy(zero_copy_only=False), dtype=np.int64)


def _topic_batch(topic: str, chunks: Sequence[Chunk], decoder: BulkDecoder | None) -> pa.RecordBatch:
    untimed = [chunk.records.cast(UNTIMED_RECORD) for chunk in chunks]
    records = pa.Table.from_batches(untimed, UNTIMED_RECORD).combine_chunks()
    batch = records.to_batches()[0]
    if decoder is None:
        decoded = [pa.nulls(batch.num_rows, field.type) for field in DECODED]
    else:
        events = decoder.decode(_timed(batch), topic)
        decoded = [events[field.name].cast(field.type) for field in DECODED]
    topics = pa.array([topic], pa.string()).take(pa.array(np.zeros(batch.num_rows, dtype=np.int64)))
    return pa.RecordBatch.from_arrays([topics, *batch.columns, *decoded], schema=TAIL)


def _timed(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return records as a decoder takes them: without a time and without headers where these are not known."""
    missing = {"timestamp_ms": TimestampType.NONE, "timestamp_type": TimestampType.NONE, "headers": []}
    arrays = [
        batch[name].fill_null(pa.scalar(missing[name], batch[name].type))
        if batch[name].null_count and name in missing
        else batch[name]
        for name in RECORD.names
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=RECORD)


def shown_time(timestamp_ms: int | None) -> str:
    """Write the timestamp of a record, which Kafka sets to -1 where there is none; None where it is not known."""
    return time_text(None if timestamp_ms == -1 else timestamp_ms)


def rows_of(table: pa.Table, columns: Sequence[Column] = COLUMNS) -> list[Row]:
    """Make the rows that a view shows."""
    names = [column.name for column in columns]
    return [_row(values, names) for values in table.to_pylist()]


def identities_of(table: pa.Table) -> list[Identity]:
    """Which records the rows are."""
    columns = (table["topic"].to_pylist(), table["partition"].to_pylist(), table["offset"].to_pylist())
    return [Identity(*values) for values in zip(*columns, strict=True)]


def _row(values: Mapping[str, Any], names: Sequence[str]) -> Row:
    problems = values["problems"] or ()
    body = visible_bytes(_body(values)) if values["decoded"] is None else visible(values["decoded"])
    cells = {
        "time": shown_time(values["timestamp_ms"]),
        "topic": visible(values["topic"]),
        "partition": str(values["partition"]),
        "offset": str(values["offset"]),
        "event_type": visible(values["event_type"] or ""),
        "key": visible_bytes(values["key"]) if values["decoded_key"] is None else visible(values["decoded_key"]),
        "value": f"[{visible('; '.join(problems), 120)}] {body}" if problems else body,
        "correlation_id": visible(values["correlation_id"] or ""),
        "event_id": visible(values["event_id"] or ""),
        "source": visible(values["source"] or ""),
    }
    identity = Identity(values["topic"], values["partition"], values["offset"])
    return Row(identity, tuple(cells[name] for name in names), problem=bool(problems))


def detail_of(table: pa.Table) -> RecordDetail | None:
    """Show one record in full; None for an empty table."""
    if not table.num_rows:
        return None
    values = table.slice(0, 1).to_pylist()[0]
    identity = Identity(values["topic"], values["partition"], values["offset"])
    size = sum(len(values[name] or b"") for name in ("key", "value"))
    decoded = [
        (name, values[name]) for name in ("event_type", "event_id", "correlation_id", "source", "damage", "raw_reason")
    ]
    facts = [
        ("record", visible(str(identity), None)),
        ("time", f"{shown_time(values['timestamp_ms'])} ({_kind(values['timestamp_type'])})"),
        ("size", f"{size_text(size)} of key and value"),
        ("key", _key(values)),
        *_reading(values),
        *((name.replace("_", " "), visible(text, None)) for name, text in decoded if text is not None),
        *(("problem", visible(problem, None)) for problem in values["problems"] or ()),
    ]
    headers = [(visible_bytes(h["name"]), visible_bytes(h["value"], 4_000)) for h in values["headers"] or ()]
    return RecordDetail(identity, tuple(facts), tuple(headers), shown_body(_body(values)))


def _key(values: Mapping[str, Any]) -> str:
    decoded = values["decoded_key"]
    return visible_bytes(values["key"], BODY_LIMIT) if decoded is None else visible(decoded, BODY_LIMIT)


def _reading(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say how the value was read; nothing for a tombstone and without a decoder."""
    if values["format"] is None:
        return []
    return [("format", visible(values["format"])), ("envelope", visible(values["convention"] or "none"))]


def _body(values: Mapping[str, Any]) -> bytes | None:
    """Return what is shown as the value: the JSON that it was read to or holds behind a prefix, else the bytes."""
    if values["decoded"] is not None:
        return str(values["decoded"]).encode()
    value: bytes | None = values["value"]
    return value if value is None or values["format"] != JSON else behind_prefix(value)


def _kind(timestamp_type: int | None) -> str:
    if timestamp_type is None:
        return "not known"
    return {TimestampType.CREATE: "set by the producer", TimestampType.APPEND: "set by the broker"}.get(
        TimestampType(timestamp_type) if timestamp_type in (0, 1) else TimestampType.NONE,
        "of no stated kind",
    )


_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def shown_body(value: bytes | None) -> str:
    """Show a value in full, line by line; JSON is indented and no token of it changes."""
    if value is None:
        return "null (a tombstone)"
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return visible_bytes(value, BODY_LIMIT)
    cut = len(text) > BODY_LIMIT
    text = text[:BODY_LIMIT]
    if not cut and text[:1] in "{[" and _is_json(text):
        text = _indented(text)
    shown = "\n".join(visible(line.replace("\t", "    "), None) for line in text.split("\n"))
    return f"{shown}\n… ({counted(len(value), 'byte')})" if cut else shown


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _indented(text: str) -> str:
    pieces: list[str] = []
    depth = 0
    lexemes = _TOKEN.findall(text)
    for index, lexeme in enumerate(lexemes):
        following = lexemes[index + 1] if index + 1 < len(lexemes) else ""
        if lexeme in "{[":
            depth += 1
            pieces.append(lexeme if following in ("}", "]") else f"{lexeme}\n{'  ' * depth}")
        elif lexeme in "}]":
            depth -= 1
            pieces.append(lexeme if pieces[-1] in ("{", "[") else f"\n{'  ' * depth}{lexeme}")
        elif lexeme == ",":
            pieces.append(f",\n{'  ' * depth}")
        else:
            pieces.append(": " if lexeme == ":" else lexeme)
    return "".join(pieces)
