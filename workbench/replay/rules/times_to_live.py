"""Finds the events whose time to live has passed, by the names that frameworks give it in headers and bodies."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.mapped import batches_of
from workbench.decoding.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from workbench.replay.records.replay_records import ReplayRecords

_SECONDS = re.compile(r"[0-9]{1,12}\Z")
_SPAN = re.compile(r"(?:(\d{1,8})\.)?(\d{1,2}):(\d\d):(\d\d)(?:\.\d{1,7})?\Z")


def _after_seconds(text: str, sent_ms: int) -> int | None:
    return sent_ms + int(text) * 1000 if _SECONDS.match(text) else None


def _after_span(text: str, sent_ms: int) -> int | None:
    """Read a span of .NET: ``00:05:00``, ``1.12:00:00``."""
    match = _SPAN.match(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return sent_ms + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000


def _at_time(text: str, _sent_ms: int) -> int | None:
    micros = parse_time(text, "rfc3339_or_utc").micros
    return None if micros is None else micros // 1_000


HEADERS: dict[bytes, Callable[[str, int], int | None]] = {
    b"ttl_seconds": _after_seconds,
    b"NServiceBus.TimeToBeReceived": _after_span,
    b"rbs2-time-to-be-received": _after_span,
    b"ce_expirytime": _at_time,
    b"deliver-by": _at_time,
}
"""Headers that limit the life of an event, and what reads them: the event-bus contract and ONEX, NServiceBus, Rebus,
CloudEvents (extension ``expirytime``), Wolverine."""
_IN_BODIES = {"contract": b'"ttl_seconds"', "masstransit": b'"expirationTime"'}
"""Conventions that keep it in the body, and what stands there."""


def passed(records: ReplayRecords, now_ms: int) -> NDArray[np.bool_]:
    """Tell of each record whether it has a time to live that has passed.

    It is counted from the timestamp of the record, also where a framework has a time of sending of its own.
    """
    times = records.numbers("timestamp_ms")
    dead = np.zeros(len(records), bool)
    for row, name, content in records.rows.named_as(HEADERS):
        dead[row] |= _is_over(HEADERS[name]((content or b"").decode("latin-1"), int(times[row])), now_ms)
    for row, ends_ms in _in_bodies(records):
        dead[row] |= _is_over(ends_ms, now_ms)
    return dead & (times >= 0)


def _is_over(ends_ms: int | None, now_ms: int) -> bool:
    return ends_ms is not None and ends_ms < now_ms


def _in_bodies(records: ReplayRecords) -> Iterator[tuple[int, int | None]]:
    if "convention" not in records.table.column_names:
        return
    first = 0
    for batch in batches_of(records.planned.select(["convention", "timestamp_ms", "value"])):
        conventions = batch.column("convention").cast(pa.string())
        for name, mark in _IN_BODIES.items():
            rows = np.flatnonzero(pc.fill_null(pc.equal(conventions, name), False).to_numpy(zero_copy_only=False))
            values = batch.column("value").take(pa.array(rows))
            hits = pc.fill_null(pc.match_substring(values, mark), False)
            for row, value in zip(rows[hits.to_numpy(zero_copy_only=False)].tolist(), values.filter(hits), strict=True):
                yield first + row, _end(name, value.as_py(), batch.column("timestamp_ms")[row].as_py())
        first += batch.num_rows


def _end(convention: str, value: bytes, sent_ms: int) -> int | None:
    try:
        body: Any = json.loads(value)
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    if convention == "masstransit":
        text = body.get("expirationTime")
        return _at_time(text, sent_ms) if isinstance(text, str) else None
    metadata = body.get("metadata")
    seconds = metadata.get("ttl_seconds") if isinstance(metadata, dict) else None
    return sent_ms + seconds * 1000 if type(seconds) is int else None
