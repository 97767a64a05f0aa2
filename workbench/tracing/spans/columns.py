"""Defines the columns of spans, and collects the spans of a file into them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.decoding.times import EARLIEST_US, LATEST_US
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

SPAN_KINDS = ("internal", "server", "client", "producer", "consumer")
"""In the order of OTLP, where they are counted from 1."""

_TEXT = pa.large_string()
LINK = pa.struct([("trace_id", _TEXT), ("span_id", _TEXT)])

SPAN = pa.schema(
    [
        pa.field("trace_id", _TEXT),
        pa.field("span_id", _TEXT),
        pa.field("parent_id", _TEXT),
        pa.field("links", pa.list_(LINK)),
        pa.field("name", _TEXT),
        pa.field("service", _TEXT),
        pa.field("peer", _TEXT),
        pa.field("kind", _TEXT),
        pa.field("start_us", pa.int64()),
        pa.field("end_us", pa.int64()),
        pa.field("server_start_us", pa.int64()),
        pa.field("server_end_us", pa.int64()),
        pa.field("topic", _TEXT),
        pa.field("partition", pa.int64()),
        pa.field("offset", pa.int64()),
        pa.field("operation", _TEXT),
        pa.field("failed", pa.bool_()),
    ],
)
"""One row for each span. ``parent_id`` is null for a root; ``links`` are further causes. Times are microseconds since
1970 UTC, null where unknown. ``peer`` and the server times are set for a Zipkin span with two sides."""

_HEX = re.compile(r"[0-9a-fA-F]+\Z")
TRACE_DIGITS, SPAN_DIGITS = 32, 16


@dataclass(eq=False)
class SpanFile:
    """The spans of one file or table, and what the reader has to say about it."""

    format: str
    """``jaeger``, ``zipkin v1``, ``zipkin v2``, ``otlp json``, ``otlp protobuf`` or ``table``."""
    spans: pa.Table
    """Columns of `SPAN`."""
    notes: tuple[str, ...] = ()
    """Sentences: what could not be read, and what was dropped or changed."""


@dataclass(eq=False)
class SpanRows:
    """Collects spans one by one, and counts what is wrong with them by reason."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)

    def add(self, **values: Any) -> None:
        """Add a span; members that are not given are null. A span without ids is counted instead."""
        if not values.get("span_id") or not values.get("trace_id"):
            self.fault("without a span id or trace id, left out")
            return
        start, end = values.get("start_us"), values.get("end_us")
        if start is not None and end is not None and end < start:
            self.fault("whose end is before its start")
        self.rows.append(values)

    def fault(self, reason: str, count: int = 1) -> None:
        """Count spans with one fault."""
        self.faults[reason] = self.faults.get(reason, 0) + count

    def file(self, name: str, notes: Iterable[str] = ()) -> SpanFile:
        """Make the table, without rows that repeat another one exactly."""
        table = pa.Table.from_pylist(self.rows, schema=SPAN)
        return without_repeats(SpanFile(name, table, (*notes, *fault_notes(self.faults))))


def fault_notes(faults: dict[str, int]) -> list[str]:
    """Write one sentence for each fault of spans."""
    return [f"{counted(count, 'span')} {reason}." for reason, count in sorted(faults.items())]


def without_repeats(file: SpanFile) -> SpanFile:
    """Drop rows that equal an earlier row in every column; rows that share ids and differ stay, as a finding."""
    table = file.spans
    pairs = table.select(["trace_id", "span_id"]).to_pandas()
    repeated = pairs.duplicated(keep=False).to_numpy()
    if not repeated.any():
        return file
    seen: set[str] = set()
    keep = []
    places = repeated.nonzero()[0].tolist()
    for place, row in zip(places, table.take(pa.array(places)).to_pylist(), strict=True):
        text = repr(row)
        if text in seen:
            keep.append(place)
        seen.add(text)
    if not keep:
        return file
    mask = pa.array([True] * table.num_rows).to_numpy(zero_copy_only=False)
    mask[keep] = False
    note = f"{counted(len(keep), 'repeated span')} dropped: equal to another one in everything."
    return SpanFile(file.format, table.filter(pa.array(mask)), (*file.notes, note))


def hexadecimal(text: Any, digits: int) -> str | None:
    """Return an id in lower case, padded on the left to ``digits``; zero and empty ids are None, other texts stay."""
    if not isinstance(text, str) or not text:
        return None
    if not _HEX.match(text):
        return text
    padded = text.lower().rjust(digits, "0")
    return padded if padded.strip("0") else None


def micros(value: Any, *, per_micro: int = 1) -> int | None:
    """Return whole microseconds of a number or decimal text, None where there is none or no calendar can hold it."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = int(value) // per_micro
    except (TypeError, ValueError, OverflowError):
        return None
    return number if EARLIEST_US <= number <= LATEST_US else None


def text_of(value: Any) -> str | None:
    """Return a text as it is, and None for what is no text."""
    return value if isinstance(value, str) and value else None
