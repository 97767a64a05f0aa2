"""Shares and problems of a topic."""

from __future__ import annotations

import orjson
import pyarrow as pa
from agreement import record_rows

from workbench.decoding import Decoder, summarise
from workbench.model.records.columns import EVENT


def test_summary_counts_conventions_ids_and_problems():
    flat = orjson.dumps({"eventId": "e", "correlationId": "c", "time": "never"})
    caused = orjson.dumps({"eventId": "f", "correlationId": "c", "causationId": "e"})
    envelope = orjson.dumps({"envelope_id": "x", "payload": {}})
    values = [flat, flat, caused, envelope, b"plain", None, b"", b"[]"]
    events = Decoder().decode(record_rows([((), value) for value in values]), "t")
    found = summarise(pa.Table.from_batches([events]))
    assert found.records == 8
    assert [(item.convention, item.dialect, item.records) for item in found.conventions] == [
        (None, None, 4),
        ("generic_json", None, 3),
        ("onex", "event_envelope", 1),
    ]
    assert (found.with_event_id, found.with_correlation_id, found.with_cause) == (4 / 8, 3 / 8, 1 / 8)
    assert found.problems == {"bad_time:event_time": 2, "not_uuid:event_id": 1}
    assert found.recommended is None
    assert summarise(Decoder().decode(record_rows([((), caused)] * 100), "t")).recommended == "generic_json"
    assert summarise(pa.Table.from_batches([], schema=EVENT)).records == 0
