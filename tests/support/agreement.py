"""Decodes rows with the compiled decoder and one by one, and compares every column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from exact_events import exact_events

from workbench.decoding import Decoder, make_convention
from workbench.model.records.columns import RECORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.decoding import Convention, TopicConvention
    from workbench.model.records.record import HeaderList

    Rows = Sequence[tuple[HeaderList, bytes | None]]


_DECODERS: dict[tuple[int, TopicConvention | None], tuple[Decoder, Any]] = {}


def record_rows(rows: Rows) -> pa.RecordBatch:
    """Make a batch of raw records at the offsets 0, 1, … of partition 0."""
    columns: dict[str, Any] = {
        "partition": [0] * len(rows),
        "offset": range(len(rows)),
        "timestamp_ms": [0] * len(rows),
        "timestamp_type": [0] * len(rows),
        "key": [None] * len(rows),
        "value": [value for _, value in rows],
        "headers": [[{"name": name, "value": content} for name, content in headers] for headers, _ in rows],
    }
    arrays = [pa.array(columns[field.name], field.type) for field in RECORD]
    return pa.RecordBatch.from_arrays(arrays, schema=RECORD)


def agreed(
    rows: Rows,
    conventions: Sequence[Convention] | None = None,
    topic: str = "t",
    fixed: TopicConvention | None = None,
) -> list[dict[str, Any]]:
    """Return the rows as both ways decode them; fails where they differ."""
    chosen = None if fixed is None else {topic: fixed}
    # Conventions are compiled once for all examples of a test, which passes the same ones.
    if (id(conventions), fixed) not in _DECODERS:
        _DECODERS[id(conventions), fixed] = Decoder(conventions, chosen), conventions
    decoded = _DECODERS[id(conventions), fixed][0].decode(record_rows(rows), topic)
    decoded.validate(full=True)
    found: list[dict[str, Any]] = decoded.to_pylist()
    exact = exact_events(topic, rows, conventions, fixed).to_pylist()
    for row, expected, given in zip(found, exact, rows, strict=True):
        differing = {name for name in row if row[name] != expected[name]}
        assert not differing, (given, {name: (row[name], expected[name]) for name in differing})
    return found


def own(**definition: Any) -> tuple[Convention, ...]:
    """Make a convention that every record follows."""
    return (make_convention("own", {"strength": 4, "all": ["const:yes"], **definition}),)
