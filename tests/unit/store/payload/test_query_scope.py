"""A query gets text, JSON and bytes beside the events exactly where it names them."""

from __future__ import annotations

import json

import pytest

from workbench.errors import QueryError
from workbench.store import SnapshotStore
from workbench.store.transfer import export_records

ORDERS = [json.dumps({"id": n, "total": n * 1.5}).encode() for n in range(20)]
ODD = [b"\xff", None, b"text", b'{"total": '] * 3


@pytest.fixture(params=[False, True], ids=["segments", "packed"])
def filled(store, put, request):
    put(ORDERS + ODD, segment_bytes=1)
    if request.param:
        store.pack()
    return store


@pytest.mark.parametrize("view", ["records", "events"])
def test_values_are_json_and_text(filled, view):
    frame = filled.sql(
        f"SELECT offset, payload->>'$.total' AS total, key_text, value_text FROM {view} "
        "WHERE offset >= 18 ORDER BY offset"
    )
    assert list(frame["total"][:2]) == ["27.0", "28.5"]
    assert frame["total"][2:].isna().all()
    assert list(frame["key_text"]) == [f"k{n}" for n in range(18, 32)]
    assert list(frame["value_text"].isna()) == [False, False] + [True, True, False, False] * 3


@pytest.mark.parametrize("view", ["records", "events"])
def test_a_header_by_name(filled, view):
    frame = filled.sql(f"SELECT DISTINCT header(headers, 'type') AS t, header(headers, 'raw') AS r FROM {view}")
    assert frame.to_dict("list") == {"t": ["paid"], "r": [pytest.approx(float("nan"), nan_ok=True)]}


def test_the_same_condition_in_events_export_and_replay(filled, tmp_path):
    where = "(payload->>'$.total')::DOUBLE > 27 AND offset < 1000 AND header(headers, 'type') = 'paid'"
    assert list(filled.events(where=where)["offset"]) == [19]
    assert filled.event_table(where, with_value=True)["value"].to_pylist() == [ORDERS[19]]
    assert filled.record_table(where)["value"].to_pylist() == [ORDERS[19]]
    assert export_records(filled, tmp_path / "some.jsonl", where=where) == 1


def test_columns_on_request(filled):
    frame = filled.events(columns=["offset", "key", "headers", "payload"], limit=1)
    assert list(frame.columns) == ["offset", "key", "headers", "payload"]
    assert frame["key"][0] == b"k0"
    assert frame["headers"][0][0] == {"name": b"type", "value": b"created"}
    assert "payload" not in filled.events(limit=1)
    for wrong in ("offset", [], ["nope"]):
        with pytest.raises(QueryError, match="columns="):
            filled.events(columns=wrong)


def test_a_user_who_joins_records_by_hand_is_not_in_the_way(filled):
    query = (
        'SELECT value, payload FROM events JOIN records USING (source_id, partition, "offset") ORDER BY offset LIMIT 1'
    )
    assert filled.sql(query)["value"][0] == ORDERS[0]


def test_a_star_stays_narrow_and_a_word_in_a_text_changes_nothing(filled):
    assert "payload" not in filled.sql("SELECT * FROM events")
    assert "payload" not in filled.sql("SELECT * FROM records")
    assert filled.sql("SELECT count(*) AS n FROM events WHERE 'the payload' = 'x'")["n"][0] == 0


def test_a_snapshot_opened_for_reading(filled):
    path = filled.path
    filled.close()
    with SnapshotStore.open(path) as opened:
        assert opened.sql("SELECT count(payload) AS n FROM events")["n"][0] == len(ORDERS)
