from __future__ import annotations

import duckdb
import golden_vectors
import pytest

from workbench.decoding import Decoder
from workbench.model import Record, TimestampType
from workbench.model.events.value_counts import ValueCounts, count_values, value_count_sql

TRACE = (b"traceparent", b"00-5c1f9d0e7a3b42468c2d1e0f9a8b7c6d-1a2b3c4d5e6f7081-01")
CELERY = (
    b'{"body": "W10=", "content-type": "application/json", "headers": {"task": "shop.pay", "id": "t-1", '
    b'"root_id": "t-0", "parent_id": null}, "properties": {"correlation_id": "t-1"}}'
)
VALUES: list[tuple[bytes | None, str | None, ValueCounts]] = [
    (None, None, ValueCounts()),
    (b'{"order": 17, "total": 3.5}', "json", ValueCounts(without_envelope=1)),
    (b'{"__faust": {"ns": "orders.Order"}, "id": 17}', "json", ValueCounts(without_envelope=1)),
    (CELERY, "json", ValueCounts(without_envelope=1)),
    (b"[1, 2, 3]", "json", ValueCounts(without_envelope=1)),
    (b"17", "json", ValueCounts(without_envelope=1)),
    (b"null", "json", ValueCounts(without_envelope=1)),
    (b'"text"', "json", ValueCounts(without_envelope=1)),
    (b"", "raw", ValueCounts(raw=1)),
    (b"\x00\x01avro", "raw", ValueCounts(raw=1)),
    (b"plain text", "raw", ValueCounts(raw=1)),
    (b"2021-08-27 13:20:11 INFO started", "raw", ValueCounts(raw=1)),
    (b"[2021-08-27 13:20:11] INFO started", "raw", ValueCounts(raw=1)),
    (b"[INFO] started", "raw", ValueCounts(raw=1)),
    (b'{"order": 17, "tot', "damaged", ValueCounts(damaged=1)),
    (b"{broken", "damaged", ValueCounts(damaged=1)),
    (b'[{"order": 17}, ', "damaged", ValueCounts(damaged=1)),
    (b'{"name": "Z\xfcrich"}', "damaged", ValueCounts(damaged=1)),
    (b'{"eventId": "e", "correlationId": "c"}', "json", ValueCounts()),
]


def record(value: bytes | None) -> Record:
    return Record("t", 0, 0, 0, TimestampType.CREATE, None, value, (TRACE,))


@pytest.mark.parametrize(("value", "kind", "expected"), VALUES, ids=[repr(value)[:30] for value, *_ in VALUES])
@pytest.mark.parametrize("times", [1, 20], ids=["one by one", "in columns"])
def test_each_value_is_counted_under_its_word(value, kind, expected, times):
    events = Decoder().decode(golden_vectors.record_batch([record(value)] * times), "t")
    assert set(events["format"].to_pylist()) == {kind}
    assert [(row is None) for row in events["damage"].to_pylist()] == [kind != "damaged"] * times
    assert count_values(events, [times]) == [sum([expected] * times, ValueCounts())]


def test_sql_counts_the_same_and_knows_what_it_does_not_know():
    batch = golden_vectors.record_batch([record(value) for value, *_ in VALUES] * 20)
    events = Decoder().decode(batch, "t").to_pandas()
    (expected,) = count_values(Decoder().decode(batch, "t"), [batch.num_rows])
    assert expected == ValueCounts(without_envelope=140, raw=120, damaged=80)
    counts = ", ".join(value_count_sql("e").values())
    with duckdb.connect() as connection:
        connection.register("events", events)
        assert connection.sql(f"SELECT {counts} FROM events AS e").fetchall() == [(140, 120, 80)]
        assert connection.sql(f"SELECT {counts} FROM events AS e WHERE false").fetchall() == [(0, 0, 0)]
        connection.register("former", events.assign(format=None))
        assert connection.sql(f"SELECT {counts} FROM former AS e").fetchall() == [(None, None, None)]


def test_damage_says_why_and_text_that_ends_early_has_a_code_of_its_own():
    values = [b'{"order": 17, "tot', b'{"order": 17,}', b"{}"]
    rows = Decoder().decode(golden_vectors.record_batch([record(value) for value in values]), "t").to_pylist()
    assert [row["problems"] for row in rows] == [["cut_off_value:json"], ["unreadable_value:json"], []]
    assert rows[0]["damage"].startswith("json: the value ends too early: Unterminated string")
    assert "column 14" in rows[1]["damage"]
    assert rows[2]["damage"] is None


def test_parts_are_counted_by_themselves():
    values = [value for value, *_ in VALUES]
    events = Decoder().decode(golden_vectors.record_batch([record(value) for value in values]), "t")
    parts = [3, 0, 1, len(values) - 4]
    expected, at = [], 0
    for rows in parts:
        expected.append(sum((one[2] for one in VALUES[at : at + rows]), ValueCounts()))
        at += rows
    assert count_values(events, parts) == expected
    assert count_values(events.slice(5, 3), [1, 2]) == [VALUES[5][2], VALUES[6][2] + VALUES[7][2]]
