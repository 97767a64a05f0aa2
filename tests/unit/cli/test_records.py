"""A record as JSON: text where it is UTF-8, base64 where it is not, and null stays null."""

from __future__ import annotations

from workbench.cli.records import as_json
from workbench.model import Record, TimestampType


def record(key, value, headers=()):
    return Record("orders", 1, 7, 1_700_000_000_000, TimestampType.CREATE, key, value, headers)


def test_text_stays_text_and_the_position_is_there():
    row = as_json(record(b"k", '{"total": "ü"}'.encode(), ((b"type", b"created"),)))
    assert (row["topic"], row["partition"], row["offset"]) == ("orders", 1, 7)
    assert (row["key"], row["value"]) == ("k", '{"total": "ü"}')
    assert row["timestamp_type"] == "create"
    assert row["headers"] == [{"name": "type", "value": "created"}]


def test_bytes_that_are_no_text_are_base64():
    row = as_json(record(b"\xff", b"\x00\xfe", ((b"\xff", b"\xfe"),)))
    assert (row["key_b64"], row["value_b64"]) == ("/w==", "AP4=")
    assert "key" not in row
    assert row["headers"] == [{"name_b64": "/w==", "value_b64": "/g=="}]


def test_null_is_null_and_empty_is_empty():
    row = as_json(record(None, b"", ((b"trace", None),)))
    assert row["key"] is None
    assert row["value"] == ""
    assert row["headers"] == [{"name": "trace", "value": None}]
