"""Two snapshots are compared by keys, event types and fields; nothing hostile in them is interpreted."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from snapshot_rows import T_MS, Filler

import workbench as wb
from workbench.errors import SnapshotError, UnknownTopicError, ValidationError
from workbench.exploration import compare_snapshots
from workbench.exploration.comparison import KEPT_KEYS
from workbench.model.records.columns import RECORD
from workbench.store import SnapshotStore


def table(*records: tuple, partition=0, start_ms=T_MS):
    """Records as key, value and header names."""
    rows = [
        {
            "partition": partition,
            "offset": number,
            "timestamp_ms": start_ms + number,
            "timestamp_type": 0,
            "key": key,
            "value": value if isinstance(value, bytes | None) else json.dumps(value).encode(),
            "headers": [{"name": name, "value": b"x"} for name in names],
        }
        for number, (key, value, *names) in enumerate(records)
    ]
    return pa.Table.from_pylist(rows, schema=RECORD)


@pytest.fixture
def stores(tmp_path, decoder):
    with (
        SnapshotStore.open(tmp_path / "before.duckdb", write=True) as a,
        SnapshotStore.open(tmp_path / "after.duckdb", write=True) as b,
    ):
        yield a, b, Filler(a, decoder), Filler(b, decoder)


def framed(number):
    return b"\x00" + number.to_bytes(4, "big") + b"\x02\x04"


def test_other_schemas_of_a_registry_are_told(stores):
    a, b, fill_a, fill_b = stores
    fill_a(table((b"k", framed(7)), (b"l", framed(7))))
    fill_b(table((b"k", framed(7)), (b"l", framed(9))))
    found = compare_snapshots(a, b)
    (row,) = [one for one in found.rows() if one["kind"] == "field"]
    assert (row["difference"], row["a"], row["b"]) == ("schemas", "id 7", "id 7, id 9")
    assert "(schemas of values)" in repr(found)
    assert not found.same


def event(number, kind="order.paid"):
    return {
        "event_id": f"00000000-0000-4000-8000-{number:012d}",
        "event_type": kind,
        "timestamp": "2026-11-23T10:00:00Z",
        "metadata": {"correlation_id": f"00000000-0000-4000-9000-{number:012d}", "source": "shop"},
        "security_context": {"user_id": "u1"},
        "payload": {"n": number},
    }


def test_keys_are_new_missing_changed_or_the_same_by_their_newest_value(stores):
    a, b, fill_a, fill_b = stores
    fill_a(
        table((b"same", {"n": 1}), (b"changed", {"n": 1}), (b"gone", {}), (b"\xff", b"\x00"), (None, {}), (b"t", b"x"))
    )
    fill_b(
        table(
            (b"same", {"n": 7}),
            (b"same", {"n": 1}),
            (b"changed", {"n": 2}),
            (b"came", {}),
            (b"\xff", b""),
            (b"t", None),
        )
    )
    found = compare_snapshots(a, b)
    (row,) = found.topics.to_dict("records")
    assert {name: row[name] for name in ("new", "missing", "changed", "same")} == {
        "new": 1, "missing": 1, "changed": 3, "same": 1,
    }  # fmt: skip
    assert (row["records_a"], row["records_b"], row["keyless_a"], row["tombstones_b"]) == (6, 6, 1, 1)
    keys = {row["key"]: row["difference"] for row in found.frame.to_dict("records")}
    assert keys == {b"came": "new", b"gone": "missing", b"changed": "changed", b"\xff": "changed", b"t": "changed"}
    assert not found.same
    assert len(found.frame.attrs["provenance"]["a"]) == 1
    assert "keys new 1, missing 1, changed 3" in repr(found)


def test_a_key_in_two_partitions_is_the_latest_of_them(stores):
    a, b, fill_a, fill_b = stores
    fill_a(table((b"k", {"n": 1})))
    fill_b(table((b"k", {"n": 1}), start_ms=T_MS + 5_000))
    fill_b(table((b"k", {"n": 2}), partition=1), capture_id="c2")
    assert compare_snapshots(a, b).same
    fill_b(table((b"k", {"n": 3}), partition=2, start_ms=T_MS + 9_000), capture_id="c3")
    assert compare_snapshots(a, b).frame["difference"].tolist() == ["changed"]


def test_shares_of_types_and_fields_that_drift_are_told(stores):
    a, b, fill_a, fill_b = stores
    fill_a(table(*[(b"%d" % n, event(n), b"h") for n in range(40)]))
    changed = [
        event(n, "order.paid" if n % 4 else "order.void") | {"payload": {"n": str(n), "x": 1}} for n in range(40)
    ]
    fill_b(table(*[(b"%d" % n, body, b"h2") for n, body in enumerate(changed)]))
    found = compare_snapshots(a, b)
    shares = found.types.set_index("event_type")
    assert shares.loc["order.void", "change"] == 0.25
    assert shares.loc["order.paid", "share_b"] == 0.75
    drift = {(row["field"], row["difference"]): (row["a"], row["b"]) for row in found.fields.to_dict("records")}
    assert drift["value:payload.n", "type"] == ("integer", "text")
    assert ("value:payload.x", "new") in drift
    assert {("header:h", "gone"), ("header:h2", "new")} <= drift.keys()
    assert "+25.0%" in repr(found)
    kinds = [row["kind"] for row in found.rows()]
    assert {"topic", "type", "field", "key"} == set(kinds)


def test_topics_of_one_alone_and_hostile_texts(stores):
    a, b, fill_a, fill_b = stores
    fill_a(table((b"<b>k", {"<img onerror=x>": 1})), topic="only<a>")
    fill_b(table((b"k", {})), topic="other")
    found = compare_snapshots(a, b)
    assert found.topics["topic"].tolist() == ["only<a>", "other"]
    assert found.topics["missing"].tolist() == [1, 0]
    assert found.fields.empty
    assert "<b>" not in found._repr_html_()
    assert compare_snapshots(a, b, "other").topics["topic"].tolist() == ["other"]
    with pytest.raises(UnknownTopicError):
        compare_snapshots(a, b, "nowhere")
    with pytest.raises(ValidationError, match="one and the same"):
        compare_snapshots(a, a)


def test_what_is_listed_is_bounded_and_what_is_counted_is_not(stores):
    a, b, _, fill_b = stores
    fill_b(table(*[(b"%d" % n, b"{}") for n in range(KEPT_KEYS + 5)]))
    found = compare_snapshots(a, b)
    assert (len(found.frame), found.frame.attrs["truncated"]) == (KEPT_KEYS, True)
    assert found.topics["new"].tolist() == [KEPT_KEYS + 5]
    assert "the first 10,000 in .frame" in repr(found)


def test_files_are_opened_and_closed_again(tmp_path, stores):
    a, b, fill_a, fill_b = stores
    fill_a(table((b"k", {})))
    fill_b(table((b"k", {})))
    places = a.path, b.path
    a.close()
    b.close()
    assert wb.compare(*places).same
    with wb.open(places[0]) as first:
        assert wb.compare(first, places[1]).same
    with pytest.raises(SnapshotError):
        wb.compare(places[0], tmp_path / "nowhere.duckdb")
