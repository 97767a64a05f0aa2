"""Payloads as a frame and as a table in SQL: typed columns by path, one row per record, nothing lost or invented."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from workbench.errors import UnknownTopicError
from workbench.store import SnapshotStore

ORDERS = [
    {
        "id": "o1",
        "total": 12.5,
        "at": "2026-11-28T10:00:00Z",
        "customer": {"id": 7, "zip": "01"},
        "items": [{"n": 1}],
    },
    {"id": "o2", "total": 3, "at": "2026-11-28T11:00:00+01:00", "customer": {"id": 8}, "paid": True, "offset": 9},
]
VALUES = [*(json.dumps(order).encode() for order in ORDERS), b"\xff", None, b"[1]"]


@pytest.fixture
def filled(store, put):
    put(VALUES, segment_bytes=1)
    put([b'{"amount": 1}'], topic="payments", capture_id="c2")
    return store


def test_a_typed_frame_with_a_row_for_every_record(filled):
    frame = filled.payload("orders")
    assert list(frame.columns) == [
        "topic", "partition", "offset", "timestamp", "key",
        "id", "total", "at", "customer.id", "customer.zip", "items", "paid", "payload.offset",
    ]  # fmt: skip
    assert frame["offset"].tolist() == [0, 1, 2, 3, 4]
    assert frame["total"].tolist()[:2] == [12.5, 3.0]
    assert frame["at"].tolist()[:2] == [pd.Timestamp("2026-11-28 10:00", tz="UTC")] * 2
    assert frame["customer.id"].dtype == "Int64"
    assert frame["customer.zip"][0] == "01"
    assert json.loads(frame["items"][0]) == [{"n": 1}]
    assert frame.iloc[2:, 5:].isna().all(axis=None)
    assert frame.attrs["notes"] == ["3 of 5 records have no JSON object as value"]
    assert frame.attrs["paths"]["customer.zip"] == "/customer/zip"
    assert frame.attrs["provenance"][0]["topic"] == "orders"


def test_the_same_in_sql_beside_events_and_after_packing(filled):
    joined = '"payload:orders" p JOIN events e USING (topic, "partition", offset)'
    query = f"SELECT sum(p.total) AS s, count(*) AS n FROM {joined}"
    expected = {"s": [15.5], "n": [5]}
    assert filled.sql(query).to_dict("list") == expected
    filled.pack()
    path = filled.path
    filled.close()
    with SnapshotStore.open(path) as opened:
        assert opened.sql(query).to_dict("list") == expected
        both = opened.sql('SELECT a.id, b.amount FROM "payload:orders" a, "payload:pay*" b WHERE a.id = \'o1\'')
        assert both.to_dict("list") == {"id": ["o1"], "amount": [1]}


def test_topics_by_pattern_and_an_unknown_one(filled):
    assert set(filled.payload("*")["topic"]) == {"orders", "payments"}
    assert set(filled.payload(["payments"])["topic"]) == {"payments"}
    with pytest.raises(UnknownTopicError, match="orders"):
        filled.payload("order")
    with pytest.raises(UnknownTopicError, match="orders"):
        filled.sql('SELECT * FROM "payload:order"')


def test_a_topic_without_any_json(store, put):
    put([b"text", None])
    frame = store.payload("orders")
    assert list(frame.columns) == ["topic", "partition", "offset", "timestamp", "key"]
    assert len(frame) == 2
